"""Every SQL statement of certificate."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session as Db

from services.certificate.models import Certificate, Cursor


def find_certificate(db: Db, user_id: UUID, course_id: UUID) -> Certificate | None:
    """A learner's certificate of a course, or None."""
    return db.scalar(_of(user_id, course_id))


def get_certificate(db: Db, user_id: UUID, course_id: UUID) -> Certificate:
    """A learner's certificate of a course, which is known to be there."""
    return db.scalars(_of(user_id, course_id)).one()


def find_by_serial(db: Db, serial: str) -> Certificate | None:
    """The certificate with this serial, or None."""
    return db.scalar(sa.select(Certificate).where(Certificate.serial == serial))


def create_certificate(db: Db, values: dict[str, Any]) -> Certificate | None:
    """A new certificate, or None where the learner has one of the course already."""
    return db.scalar(
        insert(Certificate)
        .values(values)
        .on_conflict_do_nothing(index_elements=["user_id", "course_id"])
        .returning(Certificate)
    )


def find_position(db: Db, feed: str) -> str:
    """How far a feed is followed; "" before the beginning."""
    return db.scalar(sa.select(Cursor.position).where(Cursor.feed == feed)) or ""


def move_position(db: Db, feed: str, before: str, after: str) -> bool:
    """Move on from `before`; False where another process was faster.

    The row stays locked to the end of the transaction; a process that comes meanwhile waits, and
    then finds that it was slower.
    """
    if not before:
        begin = insert(Cursor).values(feed=feed, position=after).on_conflict_do_nothing()
        return db.scalar(begin.returning(sa.true())) is not None
    moved = sa.update(Cursor).where(Cursor.feed == feed, Cursor.position == before)
    return db.scalar(moved.values(position=after).returning(sa.true())) is not None


def _of(user_id: UUID, course_id: UUID) -> sa.Select[Certificate]:
    return sa.select(Certificate).where(
        Certificate.user_id == user_id, Certificate.course_id == course_id
    )
