"""Lessons whole, as an export takes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from services.kit.data.database import Database
from services.kit.data.statements import Statement


class LessonRow(NamedTuple):
    """A live lesson; `section` counts from 1."""

    lesson_id: UUID
    section: int
    key: str
    author_id: str
    title: str
    body: str
    minutes: int
    preview: bool
    has_quiz: bool
    links: list[list[Any]]


_LIST = Statement(
    """
    SELECT l.lesson_id, s.number, l.key, l.author_id, l.title, l.body, l.minutes, l.preview,
        l.has_quiz, l.links
    FROM lessons l JOIN (
        SELECT section_id, row_number() OVER (ORDER BY position) AS number
        FROM sections WHERE course_id = :course_id
    ) s USING (section_id)
    WHERE l.course_id = :course_id AND l.archived_at IS NULL ORDER BY l.position
    """,
    LessonRow,
)


def list_lessons(db: Database, course_id: UUID) -> Sequence[LessonRow]:
    """The live lessons of a course, in order."""
    return db.all(_LIST, course_id=course_id)
