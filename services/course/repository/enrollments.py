"""Who is in which course."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session as Db

from services.course.repository.common import LIVE, REFERENCE, Row, reference_of

_ENROLL = sa.text(f"""
INSERT INTO enrollments (course_id, user_id)
SELECT c.course_id, :user_id FROM courses c WHERE {REFERENCE} AND {LIVE}
ON CONFLICT (user_id, course_id) DO UPDATE SET state = 'active', updated_at = now()
    WHERE enrollments.state <> 'active'
RETURNING *
""")
_FIND_ENROLLMENT = sa.text(f"""
SELECT e.* FROM enrollments e JOIN courses c USING (course_id)
WHERE e.user_id = :user_id AND {REFERENCE} AND {LIVE}
""")


def enroll(db: Db, reference: str, user_id: UUID) -> Row | None:
    """The learner's active enrollment, made where there is none; None where no course is."""
    values = {**reference_of(reference), "user_id": user_id}
    made = db.execute(_ENROLL, values).first()
    return made or db.execute(_FIND_ENROLLMENT, values).first()


_NO_ID_YET = UUID(int=2**128 - 1)
_LIST_ENROLLMENTS = sa.text("""
SELECT * FROM enrollments WHERE user_id = :user_id AND enrollment_id < :before
ORDER BY enrollment_id DESC LIMIT :limit
""")
_LIST_PUBLISHED_ENROLLMENTS = sa.text(f"""
SELECT e.enrollment_id, e.course_id, e.created_at
FROM enrollments e JOIN courses c USING (course_id)
WHERE e.user_id = :user_id AND e.enrollment_id < :before AND e.state = 'active' AND {LIVE}
ORDER BY e.enrollment_id DESC LIMIT :limit
""")


def list_enrollments(db: Db, user_id: UUID, before: UUID | None, limit: int) -> Sequence[Row]:
    """All enrollments of a learner, newest first (their ids grow with time)."""
    values = {"user_id": user_id, "before": before or _NO_ID_YET, "limit": limit}
    return db.execute(_LIST_ENROLLMENTS, values).all()


def list_published_enrollments(
    db: Db, user_id: UUID, before: UUID | None, limit: int
) -> Sequence[Row]:
    """The active enrollments of a learner in published courses, newest first."""
    values = {"user_id": user_id, "before": before or _NO_ID_YET, "limit": limit}
    return db.execute(_LIST_PUBLISHED_ENROLLMENTS, values).all()


_ENROLLED = "SELECT e.course_id, e.created_at FROM enrollments e"
_FIND_ENROLLED = sa.text(f"""
{_ENROLLED} JOIN courses c USING (course_id)
WHERE e.user_id = :user_id AND e.state = 'active' AND {REFERENCE}
""")
_FIND_ENROLLED_BY_LESSON = sa.text(f"""
{_ENROLLED} JOIN lessons l USING (course_id)
WHERE e.user_id = :user_id AND e.state = 'active'
    AND l.lesson_id = :lesson_id AND l.archived_at IS NULL
""")


def find_enrolled(db: Db, reference: str, user_id: UUID) -> Row | None:
    """Which course it is and since when the learner is in it, or None."""
    return db.execute(_FIND_ENROLLED, {**reference_of(reference), "user_id": user_id}).first()


def find_enrolled_by_lesson(db: Db, lesson_id: UUID, user_id: UUID) -> Row | None:
    """As `find_enrolled`, for the course of a lesson."""
    values = {"lesson_id": lesson_id, "user_id": user_id}
    return db.execute(_FIND_ENROLLED_BY_LESSON, values).first()
