"""Every SQL statement of notification."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from services.kit.data.database import Database
from services.kit.data.purge import BATCH, batch_of
from services.kit.data.statements import Statement, Write, nothing, scalar
from services.notification.models import Notification, State
from stellr.notification.v1.preferences_pb2 import Digest

CONTACT_FIELDS = ("email", "phone", "name", "locale")


# Contact cards


class Card(NamedTuple):
    """How a person is reached; `came`: whether addresses were ever told, be they empty."""

    email: str
    phone: str
    name: str
    locale: str
    came: bool


_CARD = "email, phone, name, locale, greatest(email_revision, phone_revision) > 0"
_LOCK_CARD = Write(
    f"""
    INSERT INTO contacts AS card (user_id) VALUES (:user_id)
    ON CONFLICT (user_id) DO UPDATE SET user_id = excluded.user_id
    RETURNING {_CARD}
    """,
    Card,
)
# A field that is not told has revision 0, which is never newer.
_SET_CONTACT = Write(
    "INSERT INTO contacts AS card (user_id"
    + "".join(f", {name}, {name}_revision" for name in CONTACT_FIELDS)
    + ") VALUES (:user_id"
    + "".join(
        f", coalesce(CAST(:{name} AS text), ''),"
        f" CASE WHEN CAST(:{name} AS text) IS NULL THEN 0 ELSE CAST(:revision AS bigint) END"
        for name in CONTACT_FIELDS
    )
    + ") ON CONFLICT (user_id) DO UPDATE SET "
    + ", ".join(
        f"{name} = CASE WHEN excluded.{name}_revision > card.{name}_revision"
        f" THEN excluded.{name} ELSE card.{name} END,"
        f" {name}_revision = greatest(excluded.{name}_revision, card.{name}_revision)"
        for name in CONTACT_FIELDS
    )
    + f" RETURNING {_CARD}",
    Card,
)


def lock_card(db: Database, user_id: UUID) -> Card | None:
    """The card of a person, empty where none came yet; None where the person was erased.

    It changes only after us. So of a message and the card it waits for, the later one always sees
    the earlier, and who is erased is erased whole.
    """
    return db.first(_LOCK_CARD, user_id=user_id)


def set_contact(
    db: Database, user_id: UUID, fields: Mapping[str, str], revision: int
) -> Card | None:
    """Set the fields that are newer than those of the card: the card as it is then, None where the
    person was erased."""
    told = {name: fields.get(name) for name in CONTACT_FIELDS}
    return db.first(_SET_CONTACT, user_id=user_id, revision=revision, **told)


# Notifications


class Outgoing(NamedTuple):
    """A notification that is to be sent, with where to and what the person has switched."""

    notification_id: UUID
    user_id: UUID | None
    template: str
    data: dict[str, Any]
    created_at: datetime
    email: str
    phone: str
    name: str
    locale: str
    switches: dict[str, bool]


_CREATE_NOTIFICATION = Write(
    """
    INSERT INTO notifications
        (notification_id, user_id, email, phone, name, locale, template, data, state)
    VALUES (:notification_id, :user_id, :email, :phone, :name, :locale, :template,
        CAST(:data AS jsonb), :state)
    ON CONFLICT DO NOTHING RETURNING notification_id
    """,
    scalar,
)
_FIND_QUEUED = Statement(
    """
    SELECT notification_id, user_id, template, coalesce(data, '{}'), notification.created_at,
        coalesce(notification.email, card.email, ''), coalesce(notification.phone, card.phone, ''),
        coalesce(notification.name, card.name, ''), coalesce(notification.locale, card.locale, ''),
        coalesce(switches, '{}')
    FROM notifications AS notification
    LEFT JOIN contacts AS card USING (user_id) LEFT JOIN preferences USING (user_id)
    WHERE notification_id = :notification_id AND state = 'queued'
    """,
    Outgoing,
)
_CLOSE = Write(
    """
    UPDATE notifications SET state = CAST(:state AS text), data = NULL,
        email = NULL, phone = NULL, name = NULL, locale = NULL,
        sent_at = CASE WHEN CAST(:state AS text) = 'sent' THEN clock_timestamp() END
    WHERE notification_id = ANY (:notification_ids) AND state = 'queued'
    """,
    nothing,
)
_QUEUE_WAITING = Write(
    """
    UPDATE notifications SET state = 'queued' WHERE user_id = :user_id AND state = 'waiting'
    RETURNING notification_id, template
    """,
    lambda notification_id, template: (notification_id, template),
)


def create_notification(db: Database, values: Mapping[str, Any]) -> bool:
    """Keep a new notification; False where one of its id is known."""
    blank = dict.fromkeys(("user_id", "email", "phone", "name", "locale"))
    row = {**blank, **values, "data": json.dumps(values["data"])}
    return db.first(_CREATE_NOTIFICATION, **row) is not None


def find_queued(db: Database, notification_id: UUID) -> Outgoing | None:
    """A notification that is still to be sent, or None."""
    return db.first(_FIND_QUEUED, notification_id=notification_id)


def close_notifications(db: Database, notification_ids: Sequence[UUID], state: State) -> None:
    """Remember how notifications ended, and forget what they said and to which address."""
    db.run(_CLOSE, notification_ids=list(notification_ids), state=state.value)


def queue_waiting(db: Database, user_id: UUID) -> list[tuple[UUID, str]]:
    """Take the person's waiting notifications out of their wait; their ids and templates."""
    return db.all(_QUEUE_WAITING, user_id=user_id)


_TABLE = Notification.__table__
LONG_PAST = (
    (_TABLE, Notification.created_at < sa.func.now() - timedelta(days=90)),
    (
        _TABLE,
        sa.and_(
            sa.literal_column("state = 'waiting'"),
            Notification.created_at < sa.func.now() - timedelta(days=7),
        ),
    ),
)
_PURGES = [Write(batch_of(table, condition), nothing) for table, condition in LONG_PAST]


def purge(db: Database) -> bool:
    """Forget a batch of what is 90 days old, or waited for a card for more than 7; whether there
    may be more of it."""
    return any(db.run(batch) == BATCH for batch in _PURGES)


# Preferences


class KeptPreferences(NamedTuple):
    """What a person has switched; what was never touched is not in it."""

    switches: dict[str, bool]
    quiet_start: time | None = None
    quiet_end: time | None = None
    digest: Digest.ValueType = Digest.DIGEST_UNSPECIFIED


_PREFERENCES = "switches, quiet_start, quiet_end, digest"
_FIND_PREFERENCES = Statement(
    f"SELECT {_PREFERENCES} FROM preferences WHERE user_id = :user_id", KeptPreferences
)
_UPDATE_PREFERENCES = Write(
    f"""
    INSERT INTO preferences AS kept (user_id, {_PREFERENCES})
    VALUES (:user_id, CAST(:switches AS jsonb), CAST(:quiet_start AS time),
        CAST(:quiet_end AS time), coalesce(CAST(:digest AS smallint), 0))
    ON CONFLICT (user_id) DO UPDATE SET
        switches = (kept.switches - CAST(:resets AS text[])) || excluded.switches,
        quiet_start = CASE WHEN :sets_quiet THEN excluded.quiet_start ELSE kept.quiet_start END,
        quiet_end = CASE WHEN :sets_quiet THEN excluded.quiet_end ELSE kept.quiet_end END,
        digest = coalesce(CAST(:digest AS smallint), kept.digest)
    RETURNING {_PREFERENCES}
    """,
    KeptPreferences,
)


class PreferencesChange(NamedTuple):
    """What changes: `switches` to these values, `resets` to their defaults, the quiet hours if
    `sets_quiet` (None: there are none any more), `digest` unless it is None."""

    switches: dict[str, bool]
    resets: list[str]
    sets_quiet: bool
    quiet_start: str | None
    quiet_end: str | None
    digest: int | None


def find_preferences(db: Database, user_id: UUID) -> KeptPreferences:
    """What the person has switched."""
    return db.first(_FIND_PREFERENCES, user_id=user_id) or KeptPreferences({})


def update_preferences(db: Database, user_id: UUID, change: PreferencesChange) -> KeptPreferences:
    """Change only what is named, so that changes of others at the same time stay."""
    values = {**change._asdict(), "switches": json.dumps(change.switches)}
    return db.one(_UPDATE_PREFERENCES, user_id=user_id, **values)


# A person


class KeptNotification(NamedTuple):
    """What is known of a message to a person once it is closed."""

    notification_id: UUID
    template: str
    state: str
    created_at: datetime
    sent_at: datetime | None


_FIND_CARD = Statement(f"SELECT {_CARD} FROM contacts WHERE user_id = :user_id", Card)
_LIST_NOTIFICATIONS = Statement(
    """
    SELECT notification_id, template, state, created_at, sent_at FROM notifications
    WHERE user_id = :user_id ORDER BY created_at, notification_id
    """,
    KeptNotification,
)
# The card last: it is not made again, for the person is erased (services/kit/data/persons.py).
_ERASE = [
    Write(f"DELETE FROM {table} WHERE user_id = :user_id", nothing)
    for table in ("notifications", "preferences", "contacts")
]


def find_card(db: Database, user_id: UUID) -> Card | None:
    """The card of a person, or None."""
    return db.first(_FIND_CARD, user_id=user_id)


def list_notifications(db: Database, user_id: UUID) -> list[KeptNotification]:
    """The messages to a person, from the oldest on."""
    return db.all(_LIST_NOTIFICATIONS, user_id=user_id)


def erase(db: Database, user_id: UUID) -> None:
    """Delete what is kept of a person."""
    for statement in _ERASE:
        db.run(statement, user_id=user_id)
