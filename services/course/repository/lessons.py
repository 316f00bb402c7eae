"""Lessons, read."""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

from services.course.repository.common import LIVE
from services.kit.data.database import Database
from services.kit.data.statements import Statement, scalar


class LessonRow(NamedTuple):
    """A lesson to read."""

    lesson_id: UUID
    course_id: UUID
    title: str
    body: str
    position: int
    minutes: int
    has_quiz: bool
    preview: bool
    previous_lesson_id: UUID | None
    next_lesson_id: UUID | None
    links: list[list[Any]]


_LIVE_LESSON = f"""
FROM lessons l JOIN courses c USING (course_id)
WHERE l.lesson_id = :lesson_id AND l.archived_at IS NULL AND {LIVE}
"""
_NEIGHBOUR = (
    "SELECT n.lesson_id FROM lessons n WHERE n.course_id = l.course_id AND n.archived_at IS NULL"
)
_READ = Statement(
    f"""
    SELECT l.lesson_id, l.course_id, l.title, l.body, l.position, l.minutes, l.has_quiz, l.preview,
        ({_NEIGHBOUR} AND n.position < l.position ORDER BY n.position DESC LIMIT 1),
        ({_NEIGHBOUR} AND n.position > l.position ORDER BY n.position LIMIT 1), l.links
    {_LIVE_LESSON}
    """,
    LessonRow,
)
_COURSE_OF = Statement(f"SELECT l.course_id {_LIVE_LESSON}", scalar)


def read_lesson(db: Database, lesson_id: UUID) -> LessonRow | None:
    """A lesson of a published course with its neighbours, or None."""
    return db.first(_READ, lesson_id=lesson_id)


def find_course_of(db: Database, lesson_id: UUID) -> UUID | None:
    """The published course that a lesson is in, or None."""
    return db.first(_COURSE_OF, lesson_id=lesson_id)
