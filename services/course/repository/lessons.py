"""Lessons, read."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from services.course.repository.common import LIVE, OWNER_IDS
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
    etag: str
    section_id: UUID | None
    published_at: datetime | None
    archived_at: datetime | None
    owner_ids: list[UUID]

    @property
    def is_live(self) -> bool:
        """Whether learners see its course."""
        return self.published_at is not None and self.archived_at is None


class LessonTitle(NamedTuple):
    """How a lesson is called, and the course it is in."""

    course_id: UUID
    title: str


_LESSON = """
FROM lessons l JOIN courses c USING (course_id)
WHERE l.lesson_id = :lesson_id AND l.archived_at IS NULL
"""
_NEIGHBOUR = (
    "SELECT n.lesson_id FROM lessons n WHERE n.course_id = l.course_id AND n.archived_at IS NULL"
)
_READ = Statement(
    f"""
    SELECT l.lesson_id, l.course_id, l.title, l.body, l.position, l.minutes, l.has_quiz, l.preview,
        ({_NEIGHBOUR} AND n.position < l.position ORDER BY n.position DESC LIMIT 1),
        ({_NEIGHBOUR} AND n.position > l.position ORDER BY n.position LIMIT 1), l.links,
        l.etag, l.section_id, c.published_at, c.archived_at, {OWNER_IDS}
    {_LESSON}
    """,
    LessonRow,
)
_COURSE_OF = Statement(f"SELECT l.course_id {_LESSON} AND {LIVE}", scalar)


_FIND_TITLE = Statement(
    "SELECT course_id, title FROM lessons WHERE lesson_id = :lesson_id AND archived_at IS NULL",
    LessonTitle,
)


def find_title(db: Database, lesson_id: UUID) -> LessonTitle | None:
    """The course and title of a lesson, published or not, or None."""
    return db.first(_FIND_TITLE, lesson_id=lesson_id)


def read_lesson(db: Database, lesson_id: UUID) -> LessonRow | None:
    """A lesson, of whatever course, with its neighbours, or None."""
    return db.first(_READ, lesson_id=lesson_id)


def find_course_of(db: Database, lesson_id: UUID) -> UUID | None:
    """The published course that a lesson is in, or None."""
    return db.first(_COURSE_OF, lesson_id=lesson_id)
