"""Every SQL statement of certificate."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session as Db

from services.certificate.models import Certificate


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


def _of(user_id: UUID, course_id: UUID) -> sa.Select[Certificate]:
    return sa.select(Certificate).where(
        Certificate.user_id == user_id, Certificate.course_id == course_id
    )
