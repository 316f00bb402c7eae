"""Messages as they were taken in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from services.kit.data.database import Database
from services.kit.data.statements import Statement, Write, scalar


class KeptMessage(NamedTuple):
    """What is kept of a message that is still to be sent."""

    notification_id: UUID
    user_id: UUID
    template: str
    data: dict[str, Any]
    channels: list[str] | None


_CREATE_NOTIFICATION = Write(
    """
    INSERT INTO notifications
        (notification_id, user_id, email, phone, name, locale, template, data, waiting)
    VALUES (:notification_id, :user_id, :email, :phone, :name, :locale, :template,
        CAST(:data AS jsonb), :waiting)
    ON CONFLICT DO NOTHING RETURNING notification_id
    """,
    scalar,
)
# Nothing is kept to who was erased. Cards have a trigger for that, which takes a lock for each row:
# PostgreSQL has not as many as there may be persons here.
_CREATE_NOTIFICATIONS = Write(
    """
    INSERT INTO notifications
        (notification_id, user_id, template, data, channels, waiting)
    SELECT notification_id, user_id, :template, CAST(:data AS jsonb),
        CAST(:channels AS text[]), waiting
    FROM unnest(CAST(:notification_ids AS uuid[]), CAST(:user_ids AS uuid[]),
        CAST(:waiting AS boolean[])) AS asked (notification_id, user_id, waiting)
    WHERE NOT EXISTS (
        SELECT FROM erased_persons WHERE person = sha256(uuid_send(user_id))
    )
    """,
    scalar,
)
_MESSAGE = "notification_id, user_id, template, coalesce(data, '{}'), channels"
_TAKE_WAITING = Write(
    f"""
    UPDATE notifications SET waiting = false WHERE user_id = :user_id AND waiting
    RETURNING {_MESSAGE}
    """,
    KeptMessage,
)
_FIND_MET = Statement(
    """
    SELECT DISTINCT user_id FROM (
        SELECT user_id FROM notifications JOIN contacts USING (user_id)
        WHERE waiting AND greatest(email_revision, phone_revision) > 0 LIMIT :limit
    ) AS met ORDER BY user_id
    """,
    scalar,
)
_NEW_IDS = Statement("SELECT uuidv7() FROM generate_series(1, :count)", scalar)


def new_ids(db: Database, count: int) -> list[UUID]:
    """Ids that grow with time (RFC 9562)."""
    return db.all(_NEW_IDS, count=count)


def create_notification(db: Database, values: Mapping[str, Any]) -> bool:
    """Keep a new notification; False where one of its id is known."""
    blank = dict.fromkeys(("user_id", "email", "phone", "name", "locale"))
    row = {**blank, **values, "data": json.dumps(values["data"])}
    return db.first(_CREATE_NOTIFICATION, **row) is not None


def create_notifications(
    db: Database,
    *,
    notification_ids: Sequence[UUID],
    user_ids: Sequence[UUID],
    waiting: Sequence[bool],
    template: str,
    data: Mapping[str, Any],
    channels: Sequence[str],
) -> None:
    """Keep the same message to many persons, none to who was erased."""
    db.run(
        _CREATE_NOTIFICATIONS,
        notification_ids=list(notification_ids),
        user_ids=list(user_ids),
        waiting=list(waiting),
        template=template,
        data=json.dumps(data),
        channels=list(channels),
    )


def take_waiting(db: Database, user_id: UUID) -> list[KeptMessage]:
    """Take the person's waiting messages out of their wait."""
    return db.all(_TAKE_WAITING, user_id=user_id)


def find_met(db: Database, limit: int) -> list[UUID]:
    """Persons with a card for whom messages wait all the same."""
    return db.all(_FIND_MET, limit=limit)
