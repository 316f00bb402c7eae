"""The outcome of a submission: its grade, and what the author says to each answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from services.quiz.answers import Answer
from services.quiz.grading import QuestionGrade, grade, met
from services.quiz.kept import KeptOption, KeptQuestion, QuizVersion
from services.quiz.questions import BY_OPTIONS, FULL_SHARE, QuestionKind


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is kept of a submission; `percentage` is 0 to 100, with two decimals."""

    score: float
    max_score: int
    percentage: float
    passed: bool
    answers: list[dict[str, Any]]
    question_results: list[dict[str, Any]]


def outcome(
    quiz: QuizVersion,
    answers: Sequence[Answer],
    questions: Sequence[KeptQuestion] | None = None,
) -> Outcome:
    """The outcome of these answers to all questions, or to those that were asked of them.

    InvalidFields names every answer that does not fit.
    """
    asked = quiz.questions if questions is None else questions
    graded = grade(asked, answers, quiz.pass_percentage, partial_credit=quiz.rules.partial_credit)
    given = {answer.question_id: answer for answer in answers if answer.given()}
    pairs = zip(asked, graded.questions, strict=True)
    return Outcome(
        score=graded.score,
        max_score=graded.max_score,
        percentage=graded.percentage,
        passed=graded.passed,
        answers=[answer.document() for answer in answers],
        question_results=[
            _question_result(question, each, given.get(each.question_id))
            for question, each in pairs
        ],
    )


def feedback(question: KeptQuestion, answer: Answer | None) -> str:
    """What the author says to the answer, else to the question as a whole."""
    said = () if answer is None else _said(question, answer)
    return "\n".join(filter(None, said)) or question.feedback


def _said(question: KeptQuestion, answer: Answer) -> Iterator[str]:
    if question.kind in BY_OPTIONS:
        yield from (
            each.feedback for each in question.options if each.option_id in answer.option_ids
        )
    elif question.kind is not QuestionKind.MATCHING:
        found = list(met(question, answer)) or _else(question)
        # Of several that fit, the one that gave the points.
        best = max(found, key=_worth, default=None)
        yield best.feedback if best else ""


def _worth(option: KeptOption) -> float:
    return FULL_SHARE if option.weight is None else option.weight


def _else(question: KeptQuestion) -> list[KeptOption]:
    """What the author says to any other number."""
    return [each for each in question.options if each.text == "*"]


def _question_result(
    question: KeptQuestion, graded: QuestionGrade, answer: Answer | None
) -> dict[str, Any]:
    return {
        "question_id": graded.question_id,
        "correct": graded.correct,
        "points": graded.points,
        "feedback": feedback(question, answer),
    }
