"""Who is in which course."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.course.repository.common import LIVE, REFERENCE, reference_of
from services.kit.data.database import Database
from services.kit.data.statements import Statement, Write, nothing, scalar

_NO_ID_YET = UUID(int=2**128 - 1)


class EnrollmentRow(NamedTuple):
    """A learner's place in a course."""

    enrollment_id: UUID
    course_id: UUID
    user_id: UUID
    state: str
    created_at: datetime


class Seats(NamedTuple):
    """How many learners a course still takes."""

    course_id: UUID
    left: int


class ExportedEnrollment(NamedTuple):
    """A learner's place in a course, as the learner takes it along."""

    enrollment_id: UUID
    course_id: UUID
    slug: str
    title: str
    state: str
    created_at: datetime
    updated_at: datetime


_COLUMNS = "enrollment_id, course_id, user_id, state, created_at"
_ENROLL = Write(
    f"""
    INSERT INTO enrollments (course_id, user_id)
    SELECT c.course_id, :user_id FROM courses c WHERE {REFERENCE} AND {LIVE}
        AND c.capacity IS NULL
    ON CONFLICT (user_id, course_id) DO UPDATE SET state = 'active', updated_at = now()
        WHERE enrollments.state <> 'active'
    RETURNING {_COLUMNS}
    """,
    EnrollmentRow,
)
_HOLD_SEATS = Write(
    f"""
    SELECT c.course_id, c.capacity FROM courses c WHERE {REFERENCE} AND {LIVE}
    FOR NO KEY UPDATE
    """,
    lambda course_id, capacity: (course_id, capacity),
)
_COUNT_TAKEN = Statement(
    """
    SELECT count(*) FROM (
        SELECT FROM enrollments WHERE course_id = :course_id AND state = 'active' LIMIT :most
    ) taken
    """,
    scalar,
)
_TAKE_SEAT = Write(
    f"""
    INSERT INTO enrollments (course_id, user_id) VALUES (:course_id, :user_id)
    ON CONFLICT (user_id, course_id) DO UPDATE SET state = 'active', updated_at = now()
    RETURNING {_COLUMNS}
    """,
    EnrollmentRow,
)
_LEAVE = Write(
    f"""
    UPDATE enrollments e SET state = 'ended', updated_at = now()
    FROM courses c WHERE e.course_id = c.course_id AND e.user_id = :user_id
        AND e.state = 'active' AND {REFERENCE}
    RETURNING e.enrollment_id, e.course_id, e.user_id, e.state, e.created_at
    """,
    EnrollmentRow,
)
_FIND_ANY = Statement(
    f"""
    SELECT e.enrollment_id, e.course_id, e.user_id, e.state, e.created_at
    FROM enrollments e JOIN courses c USING (course_id)
    WHERE e.user_id = :user_id AND {REFERENCE}
    """,
    EnrollmentRow,
)
_LIST_LEARNERS = Statement(
    f"""
    SELECT {_COLUMNS} FROM enrollments
    WHERE course_id = :course_id AND user_id > :after ORDER BY user_id LIMIT :limit
    """,
    EnrollmentRow,
)
_FIND = Statement(
    f"""
    SELECT e.enrollment_id, e.course_id, e.user_id, e.state, e.created_at
    FROM enrollments e JOIN courses c USING (course_id)
    WHERE e.user_id = :user_id AND {REFERENCE} AND {LIVE}
    """,
    EnrollmentRow,
)
_LIST = Statement(
    f"""
    SELECT {_COLUMNS} FROM enrollments
    WHERE user_id = :user_id AND enrollment_id < :before
    ORDER BY enrollment_id DESC LIMIT :limit
    """,
    EnrollmentRow,
)
_LIST_ACTIVE = Statement(
    """
    SELECT course_id, created_at FROM enrollments
    WHERE user_id = :user_id AND state = 'active'
    ORDER BY enrollment_id DESC LIMIT :limit
    """,
    lambda course_id, created_at: (course_id, created_at),
)
_EXPORT = Statement(
    """
    SELECT e.enrollment_id, e.course_id, c.slug, c.title, e.state, e.created_at, e.updated_at
    FROM enrollments e JOIN courses c USING (course_id)
    WHERE e.user_id = :user_id AND e.enrollment_id > :after
    ORDER BY e.enrollment_id LIMIT :limit
    """,
    ExportedEnrollment,
)
_ERASE = Write("DELETE FROM enrollments WHERE user_id = :user_id", nothing)


def enroll(db: Database, reference: str, user_id: UUID) -> EnrollmentRow | None:
    """The learner's enrollment where it is new or stands again; None where nothing changed."""
    return db.first(_ENROLL, **reference_of(reference), user_id=user_id)


def hold_seats(db: Database, reference: str) -> Seats | None:
    """The seats of a published course, held until the end of the transaction, or None."""
    held = db.first(_HOLD_SEATS, **reference_of(reference))
    if held is None:
        return None
    course_id, capacity = held
    if capacity is None:
        return Seats(course_id, 1)
    taken = db.one(_COUNT_TAKEN, course_id=course_id, most=capacity)
    return Seats(course_id, capacity - taken)


def take_seat(db: Database, course_id: UUID, user_id: UUID) -> EnrollmentRow | None:
    """The learner's enrollment, which stands again where it had ended; None for the erased."""
    return db.first(_TAKE_SEAT, course_id=course_id, user_id=user_id)


def leave(db: Database, reference: str, user_id: UUID) -> EnrollmentRow | None:
    """The learner's enrollment, ended; None where none stood."""
    return db.first(_LEAVE, **reference_of(reference), user_id=user_id)


def find_any(db: Database, reference: str, user_id: UUID) -> EnrollmentRow | None:
    """The learner's enrollment in a course, published or not, or None."""
    return db.first(_FIND_ANY, **reference_of(reference), user_id=user_id)


def list_learners(
    db: Database, course_id: UUID, after: UUID, limit: int
) -> Sequence[EnrollmentRow]:
    """The enrollments in a course, by learner, from behind one on."""
    return db.all(_LIST_LEARNERS, course_id=course_id, after=after, limit=limit)


def find_enrollment(db: Database, reference: str, user_id: UUID) -> EnrollmentRow | None:
    """The learner's enrollment in a published course, or None."""
    return db.first(_FIND, **reference_of(reference), user_id=user_id)


def list_enrollments(
    db: Database, user_id: UUID, before: UUID | None, limit: int
) -> Sequence[EnrollmentRow]:
    """All enrollments of a learner, newest first (their ids grow with time)."""
    return db.all(_LIST, user_id=user_id, before=before or _NO_ID_YET, limit=limit)


def list_active(db: Database, user_id: UUID, limit: int) -> Sequence[tuple[UUID, datetime]]:
    """The courses that a learner is in and since when, newest first."""
    return db.all(_LIST_ACTIVE, user_id=user_id, limit=limit)


def export_enrollments(
    db: Database, user_id: UUID, after: UUID, limit: int
) -> Sequence[ExportedEnrollment]:
    """A learner's enrollments, also in courses that are no longer published, from behind one on."""
    return db.all(_EXPORT, user_id=user_id, after=after, limit=limit)


def erase_enrollments(db: Database, user_id: UUID) -> None:
    """Delete a learner's enrollments."""
    db.run(_ERASE, user_id=user_id)
