"""The outcome of a submission: its grade, and what the author says to each answer."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any

from services.kit.errors import InvalidFields, Violation
from services.quiz.grading import AnswerError, Grade, grade
from services.quiz.kept import KeptQuestion, KeptQuiz
from stellr.quiz.v1 import quiz_service_pb2 as pb

_UNDERSCORE = re.compile(r"_([a-z])")


def outcome(quiz: KeptQuiz, answers: Sequence[pb.Answer]) -> dict[str, Any]:
    """The values of a result; InvalidFields names every answer that does not fit the quiz."""
    graded = _grade(quiz, answers)
    return {
        "quiz_id": quiz.quiz_id,
        "score": graded.score,
        "max_score": graded.max_score,
        "percentage": graded.percentage,
        "passed": graded.passed,
        "answers": [
            {"question_id": answer.question_id, "option_ids": list(answer.option_ids)}
            for answer in answers
        ],
        "question_results": _question_results(quiz, graded, answers),
    }


def feedback(question: KeptQuestion, chosen: Collection[str]) -> str:
    """What the author says to the options chosen (ids), else to the question as a whole."""
    said = [each.feedback for each in question.options if each.option_id in chosen]
    return "\n".join(filter(None, said)) or question.feedback


def _grade(quiz: KeptQuiz, answers: Sequence[pb.Answer]) -> Grade:
    try:
        return grade(quiz.questions, answers, quiz.pass_percentage)
    except AnswerError as error:
        violations = [Violation(_camel(each.field), each.reason) for each in error.violations]
        raise InvalidFields(violations) from None


def _question_results(
    quiz: KeptQuiz, graded: Grade, answers: Sequence[pb.Answer]
) -> list[dict[str, Any]]:
    chosen = {answer.question_id: frozenset(answer.option_ids) for answer in answers}
    return [
        {
            "question_id": each.question_id,
            "correct": each.correct,
            "points": each.points,
            "feedback": feedback(question, chosen.get(each.question_id, frozenset())),
        }
        for question, each in zip(quiz.questions, graded.questions, strict=True)
    ]


def _camel(path: str) -> str:
    """A field path as JSON names it."""
    return _UNDERSCORE.sub(lambda match: match[1].upper(), path)
