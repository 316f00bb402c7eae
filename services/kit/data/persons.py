"""Persons that were erased: what every service forgets of them, and that nothing comes back.

Tables with rows of persons are guarded by `schema.keep_out_the_erased`.
"""

from __future__ import annotations

from uuid import UUID

from services.kit.data.database import Database
from services.kit.data.statements import Statement, Write, nothing, scalar

_LOCK = Write("SELECT pg_advisory_xact_lock(person_lock(:user_id))", nothing)
_ERASE = Write(
    """
    INSERT INTO erased_persons (person) VALUES (sha256(uuid_send(:user_id)))
    ON CONFLICT DO NOTHING
    """,
    nothing,
)
_FORGET_KEYS = Write("DELETE FROM idempotency_keys WHERE caller = :caller", nothing)
_IS_ERASED = Statement(
    "SELECT EXISTS (SELECT FROM erased_persons WHERE person = sha256(uuid_send(:user_id)))", scalar
)


def erase(db: Database, user_id: UUID) -> None:
    """Keep the person out of guarded tables from now on, and forget the replies kept for them.

    First in the transaction that erases the person: it waits for those that write rows of the
    person, which can then be deleted.
    """
    db.run(_LOCK, user_id=user_id)
    db.run(_ERASE, user_id=user_id)
    db.run(_FORGET_KEYS, caller=str(user_id))


def is_erased(db: Database, user_id: UUID) -> bool:
    """Whether the person was erased here."""
    return bool(db.one(_IS_ERASED, user_id=user_id))
