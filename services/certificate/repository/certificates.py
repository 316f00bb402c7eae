"""Certificates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.certificate import models
from services.kit.data.database import Database
from services.kit.data.statements import Statement, Write, nothing, scalar


class Draft(NamedTuple):
    """A certificate that is about to be issued. Name and title stay as they are."""

    user_id: UUID
    course_id: UUID
    serial: str
    learner_name: str
    course_title: str
    issued_at: datetime
    issue_day: date
    timezone: str
    # The certificate that is issued anew.
    replaces: UUID | None = None


class Certificate(NamedTuple):
    """That a learner completed a course. `issue_day` is the day of `issued_at` in `timezone`.

    Once the learner was erased there is no `user_id`, the name is empty, and so is a time zone that
    tells where they lived.
    """

    certificate_id: UUID
    user_id: UUID | None
    course_id: UUID
    serial: str
    learner_name: str
    course_title: str
    issued_at: datetime
    issue_day: date
    timezone: str
    revoked_at: datetime | None
    revoke_reason: str
    replaced_at: datetime | None
    status_number: int

    @property
    def is_valid(self) -> bool:
        """Whether it stands."""
        return self.revoked_at is None and self.replaced_at is None


_NAMES = ", ".join(Certificate._fields)
_COLUMNS = [getattr(models.Certificate, name) for name in Certificate._fields]
_FIND = Statement(
    sa.select(*_COLUMNS).where(
        models.Certificate.user_id == sa.bindparam("user_id"),
        models.Certificate.course_id == sa.bindparam("course_id"),
        models.Certificate.replaced_at.is_(None),
    ),
    Certificate,
)
_FIND_BY_SERIAL = Statement(
    sa.select(*_COLUMNS).where(models.Certificate.serial == sa.bindparam("serial")), Certificate
)
_CREATE = Write(
    insert(models.Certificate)
    .values({name: sa.bindparam(name) for name in Draft._fields})
    .on_conflict_do_nothing(
        index_elements=["user_id", "course_id"],
        index_where=models.Certificate.replaced_at.is_(None),
    )
    .returning(*_COLUMNS),
    Certificate,
)


def find_certificate(db: Database, user_id: UUID, course_id: UUID) -> Certificate | None:
    """A learner's certificate of a course, the newest that was issued, or None."""
    return db.first(_FIND, user_id=user_id, course_id=course_id)


def find_by_serial(db: Database, serial: str) -> Certificate | None:
    """The certificate with this serial, or None."""
    return db.first(_FIND_BY_SERIAL, serial=serial)


def create_certificate(db: Database, draft: Draft) -> Certificate | None:
    """A new certificate; None where the learner has one of the course already, or was erased."""
    return db.first(_CREATE, **draft._asdict())


# Revoking and reissuing

# The person's first, as erasing takes it before any row; then one for who would replace the same. A
# lock of the row alone does not do: who had waited for it would not see the row in its place.
_LOCK_BEFORE = Write(
    """
    SELECT pg_advisory_xact_lock_shared(person_lock(CAST(:user_id AS uuid))),
        pg_advisory_xact_lock(hashtextextended(
            'certificate:' || CAST(:user_id AS uuid) || CAST(:course_id AS uuid), 0))
    """,
    nothing,
)
_LOCK_CURRENT = Write(
    f"""
    SELECT {_NAMES} FROM certificates
    WHERE user_id = :user_id AND course_id = :course_id AND replaced_at IS NULL FOR UPDATE
    """,
    Certificate,
)
_LOCK = Write(
    f"SELECT {_NAMES} FROM certificates WHERE certificate_id = :certificate_id FOR UPDATE",
    Certificate,
)
_FIND_SUCCESSOR = Statement(
    "SELECT certificate_id FROM certificates WHERE replaces = :certificate_id", scalar
)
_REPLACE = Write(
    "UPDATE certificates SET replaced_at = now() WHERE certificate_id = :certificate_id", nothing
)
_REVOKE = Write(
    """
    UPDATE certificates SET revoked_at = now(), revoke_reason = :reason
    WHERE certificate_id = :certificate_id AND revoked_at IS NULL
    """,
    nothing,
)


def lock_certificate(db: Database, user_id: UUID, course_id: UUID) -> Certificate | None:
    """A learner's certificate of a course. Nobody else changes it, nor is the learner
    erased, before the end of this transaction."""
    db.run(_LOCK_BEFORE, user_id=user_id, course_id=course_id)
    return db.first(_LOCK_CURRENT, user_id=user_id, course_id=course_id)


def replace_certificate(db: Database, old: Certificate, draft: Draft) -> Certificate | None:
    """A certificate in the place of one that is locked; None where the learner was erased."""
    db.run(_REPLACE, certificate_id=old.certificate_id)
    return create_certificate(db, draft)


def revoke_certificate(db: Database, certificate_id: UUID, reason: str) -> None:
    """Revoke a certificate and those that replaced it, one after the other."""
    following: UUID | None = certificate_id
    while following is not None:
        # Who is just replacing it is done before the lock is had, and then it has a successor.
        db.first(_LOCK, certificate_id=following)
        db.run(_REVOKE, certificate_id=following, reason=reason)
        following = db.first(_FIND_SUCCESSOR, certificate_id=following)


# Status lists

_FIND_INVALID = Statement(
    """
    SELECT status_number FROM certificates WHERE (revoked_at IS NOT NULL OR replaced_at IS NOT NULL)
        AND status_number >= :first AND status_number < :beyond
    """,
    scalar,
)
_IS_ANY = Statement(
    """
    SELECT EXISTS (
        SELECT FROM certificates WHERE status_number >= :first AND status_number < :beyond
    )
    """,
    scalar,
)


def find_invalid(db: Database, first: int, beyond: int) -> list[int] | None:
    """The status numbers of a range whose certificates do not stand; None where there are none at
    all."""
    if not db.one(_IS_ANY, first=first, beyond=beyond):
        return None
    return db.all(_FIND_INVALID, first=first, beyond=beyond)


# A person's data

_LIST = Statement(
    sa.select(*_COLUMNS)
    .where(
        models.Certificate.user_id == sa.bindparam("user_id"),
        models.Certificate.certificate_id > sa.bindparam("after"),
    )
    .order_by(models.Certificate.certificate_id)
    .limit(sa.bindparam("limit")),
    Certificate,
)
_DELETE_DOCUMENTS = Write(
    """
    DELETE FROM certificate_documents
    WHERE certificate_id = ANY(CAST(:certificate_ids AS uuid[]))
    """,
    nothing,
)
# UTC stands beside the day and tells nothing of anybody.
_FORGET_LEARNER = Write(
    """
    UPDATE certificates SET user_id = NULL, learner_name = '',
        timezone = CASE timezone WHEN 'UTC' THEN timezone ELSE '' END
    WHERE user_id = :user_id RETURNING certificate_id
    """,
    scalar,
)


def list_certificates(
    db: Database, user_id: UUID, after: UUID, limit: int
) -> Sequence[Certificate]:
    """A learner's certificates, also those that were replaced, by id, from behind one on."""
    return db.all(_LIST, user_id=user_id, after=after, limit=limit)


def erase_person(db: Database, user_id: UUID) -> None:
    """Take a learner off all certificates, and delete the PDFs, also one that is being kept."""
    certificate_ids = db.all(_FORGET_LEARNER, user_id=user_id)
    db.run(_DELETE_DOCUMENTS, certificate_ids=certificate_ids)
