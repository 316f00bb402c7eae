"""Every SQL statement of notification."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session as Db

from services.notification.models import Contact, Notification, State

CONTACT_FIELDS = ("email", "name", "locale")


def create_notification(db: Db, values: Mapping[str, Any]) -> bool:
    """Keep a new notification; False where one of its id is known."""
    statement = insert(Notification).values(values).on_conflict_do_nothing()
    return db.scalar(statement.returning(Notification.notification_id)) is not None


def find_notification(db: Db, notification_id: UUID) -> Notification | None:
    """The notification, or None."""
    return db.get(Notification, notification_id)


def close_notification(db: Db, notification_id: UUID, state: State) -> None:
    """Remember how a notification ended, and forget what it said."""
    sent_at = sa.func.clock_timestamp() if state is State.SENT else sa.null()
    db.execute(
        sa.update(Notification)
        .where(Notification.notification_id == notification_id, Notification.state == State.QUEUED)
        .values(state=state, data=sa.null(), sent_at=sent_at)
    )


def find_contact(db: Db, user_id: UUID) -> Contact | None:
    """The contact card of a person, or None."""
    return db.get(Contact, user_id)


def lock_address(db: Db, user_id: UUID) -> str:
    """The address of a person, "" where none came yet; their card changes only after us.

    So of a message and the card it waits for, the later one always sees the earlier.
    """
    card = insert(Contact).values(user_id=user_id)
    locked = card.on_conflict_do_update(
        index_elements=[Contact.user_id], set_={"user_id": card.excluded.user_id}
    )
    return db.scalars(locked.returning(Contact.email)).one()


def set_contact(db: Db, user_id: UUID, fields: Mapping[str, str], revision: int) -> str:
    """Set the fields that are newer than those of the card; the address, "" if there is none."""
    revisions = {f"{name}_revision": revision for name in fields}
    card = insert(Contact).values(user_id=user_id, **fields, **revisions)
    newer: dict[str, Any] = {}
    for name in fields:
        old, new = getattr(Contact, f"{name}_revision"), card.excluded[f"{name}_revision"]
        newer[name] = sa.case((new > old, card.excluded[name]), else_=getattr(Contact, name))
        newer[f"{name}_revision"] = sa.func.greatest(new, old)
    statement = card.on_conflict_do_update(
        index_elements=[Contact.user_id], set_=newer or {"user_id": card.excluded.user_id}
    )
    return db.scalars(statement.returning(Contact.email)).one()


def queue_waiting(db: Db, user_id: UUID) -> Sequence[UUID]:
    """Take the person's waiting notifications out of their wait; their ids."""
    return db.scalars(
        sa.update(Notification)
        .where(Notification.user_id == user_id, Notification.state == State.WAITING)
        .values(state=State.QUEUED)
        .returning(Notification.notification_id)
    ).all()
