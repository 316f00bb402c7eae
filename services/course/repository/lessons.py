"""Lessons, read and marked."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session as Db

from services.course.repository.common import LIVE, Row

_READABLE = f"""
FROM lessons l JOIN courses c USING (course_id)
LEFT JOIN enrollments e
    ON e.course_id = l.course_id AND e.user_id = CAST(:user_id AS uuid) AND e.state = 'active'
WHERE l.lesson_id = :lesson_id AND l.archived_at IS NULL AND {LIVE}
    AND (l.preview OR e.user_id IS NOT NULL)
"""
_NEIGHBOUR = (
    "SELECT n.lesson_id FROM lessons n WHERE n.course_id = l.course_id AND n.archived_at IS NULL"
)
_READ_LESSON = sa.text(f"""
SELECT l.*,
    ({_NEIGHBOUR} AND n.position < l.position ORDER BY n.position DESC LIMIT 1)
        AS previous_lesson_id,
    ({_NEIGHBOUR} AND n.position > l.position ORDER BY n.position LIMIT 1) AS next_lesson_id
{_READABLE}""")
_FIND_READABLE = sa.text(
    f"SELECT l.lesson_id, l.course_id, l.title, e.user_id IS NOT NULL AS enrolled {_READABLE}"
)


def read_lesson(db: Db, lesson_id: UUID, user_id: UUID | None) -> Row | None:
    """A lesson with its neighbours, or None where this learner, or visitor, may not read it."""
    return db.execute(_READ_LESSON, {"lesson_id": lesson_id, "user_id": user_id}).first()


def find_readable_lesson(db: Db, lesson_id: UUID, user_id: UUID | None) -> Row | None:
    """As `read_lesson`, without what is to be read, and whether the learner is enrolled."""
    return db.execute(_FIND_READABLE, {"lesson_id": lesson_id, "user_id": user_id}).first()


# The course first, then its lessons: imports take the locks in this order.
_LOCK_COURSE_OF_LESSON = sa.text("""
SELECT c.course_id FROM courses c JOIN lessons l USING (course_id)
WHERE l.lesson_id = :lesson_id FOR NO KEY UPDATE OF c
""")
_SET_QUIZ = sa.text("""
UPDATE lessons SET has_quiz = :has_quiz, updated_at = now()
WHERE lesson_id = :lesson_id AND archived_at IS NULL AND has_quiz <> :has_quiz
RETURNING 1
""")
_FIND_LESSON = sa.text("SELECT * FROM lessons WHERE lesson_id = :lesson_id AND archived_at IS NULL")


def lock_course_of_lesson(db: Db, lesson_id: UUID) -> UUID | None:
    """The course of a lesson, held until the end of the transaction, or None."""
    course_id: UUID | None = db.scalar(_LOCK_COURSE_OF_LESSON, {"lesson_id": lesson_id})
    return course_id


def set_quiz(db: Db, lesson_id: UUID, has_quiz: bool) -> bool:
    """Say whether a live lesson has a quiz; whether that is new."""
    values = {"lesson_id": lesson_id, "has_quiz": has_quiz}
    return db.execute(_SET_QUIZ, values).first() is not None


def find_lesson(db: Db, lesson_id: UUID) -> Row | None:
    """A live lesson, or None."""
    return db.execute(_FIND_LESSON, {"lesson_id": lesson_id}).first()
