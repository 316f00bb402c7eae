"""Lessons, read and marked."""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

from services.course.repository.common import LIVE
from services.kit.data.database import Database
from services.kit.data.statements import Statement, Write, nothing, scalar


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


class LessonSummaryRow(NamedTuple):
    """A lesson as the outline shows it."""

    lesson_id: UUID
    title: str
    position: int
    minutes: int
    has_quiz: bool
    preview: bool


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


# The course first, then its lessons: imports take the locks in this order.
_LOCK_COURSE_OF_LESSON = Write(
    """
    SELECT c.course_id FROM courses c JOIN lessons l USING (course_id)
    WHERE l.lesson_id = :lesson_id FOR NO KEY UPDATE OF c
    """,
    scalar,
)
_SET_QUIZ = Write(
    """
    UPDATE lessons SET has_quiz = :has_quiz, updated_at = now()
    WHERE lesson_id = :lesson_id AND archived_at IS NULL AND has_quiz <> :has_quiz
    """,
    nothing,
)
_FIND = Statement(
    """
    SELECT lesson_id, title, position, minutes, has_quiz, preview FROM lessons
    WHERE lesson_id = :lesson_id AND archived_at IS NULL
    """,
    LessonSummaryRow,
)


def lock_course_of_lesson(db: Database, lesson_id: UUID) -> UUID | None:
    """The course of a lesson, held until the end of the transaction, or None."""
    return db.first(_LOCK_COURSE_OF_LESSON, lesson_id=lesson_id)


def set_quiz(db: Database, lesson_id: UUID, has_quiz: bool) -> bool:
    """Say whether a live lesson has a quiz; whether that is new."""
    return db.run(_SET_QUIZ, lesson_id=lesson_id, has_quiz=has_quiz) > 0


def find_lesson(db: Database, lesson_id: UUID) -> LessonSummaryRow | None:
    """A live lesson, or None."""
    return db.first(_FIND, lesson_id=lesson_id)
