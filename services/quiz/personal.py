"""What quiz keeps of a person: attempts, every submission with its answers, and how they stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from services.kit.data.database import Database
from services.kit.data.pages import every
from services.quiz.repository import attempts, results
from services.quiz.repository.results import ExportedResult

PAGE = 100
_BEGINNING = UUID(int=0)


def export_person(db: Database, user_id: UUID) -> dict[str, Any]:
    """All of it, by quiz."""
    return {
        "standings": _standings(db, user_id),
        "attempts": _attempts(db, user_id),
        "results": _results(db, user_id),
    }


def erase_person(db: Database, user_id: UUID) -> None:
    """Delete it. Who submits at this moment gets no result, and nothing is told of a pass."""
    attempts.erase_attempts(db, user_id)
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
            "attempts": row.started,
            "results": row.results,
            "bestPercentage": row.best,
            "passed": row.passed,
        }


def _attempts(db: Database, user_id: UUID) -> Iterator[dict[str, Any]]:
    found = every(
        lambda after: attempts.export_attempts(db, user_id, after, PAGE),
        _BEGINNING,
        lambda row: row.attempt_id,
    )
    for row in found:
        yield {
            "attemptId": row.attempt_id,
            "quizId": row.quiz_id,
            "lessonId": row.lesson_id,
            "startTime": row.started_at,
            "expireTime": row.expires_at,
            "endTime": row.ended_at,
            "answers": _answers(row.answers),
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
        "regradeTime": row.regraded_at,
        "previousPercentage": row.previous_percentage,
        "answers": _answers(row.answers),
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


def _answers(kept: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    names = {"question_id": "questionId", "option_ids": "optionIds"}
    return [{names.get(name, name): value for name, value in each.items()} for each in kept]
