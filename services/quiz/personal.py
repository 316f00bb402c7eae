"""What quiz keeps of a person: every submission with its answers, and how they stand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from services.kit.data.database import Database
from services.kit.data.pages import every
from services.quiz.repository import results
from services.quiz.repository.results import ExportedResult

PAGE = 100
_BEGINNING = UUID(int=0)


def export_person(db: Database, user_id: UUID) -> dict[str, Any]:
    """All of it, by quiz."""
    return {"standings": _standings(db, user_id), "results": _results(db, user_id)}


def erase_person(db: Database, user_id: UUID) -> None:
    """Delete it. Who submits at this moment gets no result, and nothing is told of a pass."""
    results.erase_results(db, user_id)


def _standings(db: Database, user_id: UUID) -> Iterator[dict[str, Any]]:
    found = every(
        lambda after: results.export_standings(db, user_id, after, PAGE),
        _BEGINNING,
        lambda row: row.quiz_id,
    )
    for row in found:
        yield {
            "quizId": row.quiz_id,
            "lessonId": row.lesson_id,
            "results": row.results,
            "bestPercentage": row.best,
            "passed": row.passed,
        }


def _results(db: Database, user_id: UUID) -> Iterator[dict[str, Any]]:
    found = every(
        lambda after: results.export_results(db, user_id, after, PAGE),
        (_BEGINNING, _BEGINNING),
        lambda row: (row.quiz_id, row.result_id),
    )
    return map(_result, found)


def _result(row: ExportedResult) -> dict[str, Any]:
    return {
        "resultId": row.result_id,
        "attemptId": row.attempt_id,
        "quizId": row.quiz_id,
        "lessonId": row.lesson_id,
        "score": row.score,
        "maxScore": row.max_score,
        "percentage": row.percentage,
        "passed": row.passed,
        "submitTime": row.submitted_at,
        "answers": [
            {"questionId": each["question_id"], "optionIds": each["option_ids"]}
            for each in row.answers
        ],
        "questionResults": [
            {
                "questionId": each["question_id"],
                "correct": each["correct"],
                "points": each["points"],
                "feedback": each["feedback"],
            }
            for each in row.question_results
        ],
    }
