"""What progress keeps of a person: every step in every course."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from services.kit.data.database import Database
from services.kit.data.pages import every
from services.progress.repository import learning

PAGE = 500
_BEGINNING = UUID(int=0)


def export_person(db: Database, user_id: UUID) -> dict[str, Any]:
    """All of it, by course."""
    return {
        "courses": _courses(db, user_id),
        "lessonCompletions": _completions(db, user_id),
        "quizPasses": _passes(db, user_id),
        "videoPositions": _positions(db, user_id),
    }


def erase_person(db: Database, user_id: UUID) -> None:
    """Delete it. A step at this moment, and a quiz that is told to be passed later, leave nothing
    and complete no course."""
    learning.erase_steps(db, user_id)


def _courses(db: Database, user_id: UUID) -> Iterator[dict[str, Any]]:
    found = every(
        lambda after: learning.export_courses(db, user_id, after, PAGE),
        _BEGINNING,
        lambda row: row.course_id,
    )
    for row in found:
        yield {
            "courseId": row.course_id,
            "lastLessonId": row.last_lesson_id,
            "completeTime": row.completed_at,
        }


def _completions(db: Database, user_id: UUID) -> Iterator[dict[str, Any]]:
    found = every(
        lambda after: learning.export_completions(db, user_id, after, PAGE),
        (_BEGINNING, _BEGINNING),
        lambda row: (row.course_id, row.lesson_id),
    )
    for row in found:
        yield {"courseId": row.course_id, "lessonId": row.lesson_id, "completeTime": row.done_at}


def _positions(db: Database, user_id: UUID) -> Iterator[dict[str, Any]]:
    found = every(
        lambda after: learning.export_positions(db, user_id, after, PAGE),
        (_BEGINNING, _BEGINNING),
        lambda row: (row.course_id, row.lesson_id),
    )
    for row in found:
        yield {
            "courseId": row.course_id,
            "lessonId": row.lesson_id,
            "positionSeconds": row.seconds,
            "timeSpentSeconds": row.spent_seconds,
            "updateTime": row.updated_at,
        }


def _passes(db: Database, user_id: UUID) -> Iterator[dict[str, Any]]:
    found = every(
        lambda after: learning.export_passes(db, user_id, after, PAGE),
        (_BEGINNING, _BEGINNING),
        lambda row: (row.course_id, row.lesson_id),
    )
    for row in found:
        yield {"courseId": row.course_id, "lessonId": row.lesson_id, "passTime": row.done_at}
