"""The outcome of a submission: its grade, and what the author says to each answer."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from services.quiz.grading import Answer, QuestionGrade, grade
from services.quiz.kept import KeptQuestion, QuizVersion


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is kept of a submission; `percentage` is 0 to 100, with two decimals."""

    score: int
    max_score: int
    percentage: float
    passed: bool
    answers: list[dict[str, Any]]
    question_results: list[dict[str, Any]]


def outcome(quiz: QuizVersion, answers: Sequence[Answer]) -> Outcome:
    """The outcome of these answers; InvalidFields names every one that does not fit the quiz."""
    graded = grade(quiz.questions, answers, quiz.pass_percentage)
    chosen = {answer.question_id: answer.option_ids for answer in answers}
    pairs = zip(quiz.questions, graded.questions, strict=True)
    return Outcome(
        score=graded.score,
        max_score=graded.max_score,
        percentage=graded.percentage,
        passed=graded.passed,
        answers=[
            {"question_id": answer.question_id, "option_ids": list(answer.option_ids)}
            for answer in answers
        ],
        question_results=[
            _question_result(question, each, chosen.get(each.question_id, ()))
            for question, each in pairs
        ],
    )


def feedback(question: KeptQuestion, chosen: Collection[str]) -> str:
    """What the author says to the options chosen (ids), else to the question as a whole."""
    said = [each.feedback for each in question.options if each.option_id in chosen]
    return "\n".join(filter(None, said)) or question.feedback


def _question_result(
    question: KeptQuestion, graded: QuestionGrade, chosen: Collection[str]
) -> dict[str, Any]:
    return {
        "question_id": graded.question_id,
        "correct": graded.correct,
        "points": graded.points,
        "feedback": feedback(question, chosen),
    }
