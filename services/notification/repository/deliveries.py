"""Deliveries: messages by one channel each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time
from typing import Any, NamedTuple
from uuid import UUID

from services.kit.data.database import Database
from services.kit.data.statements import Statement, WholeWrite, Write, nothing
from services.notification.models import Channel, State


class Member(NamedTuple):
    """A delivery that goes in a digest."""

    delivery_id: UUID
    template: str
    data: dict[str, Any]


class NewDelivery(NamedTuple):
    """A delivery that is to be. What is not queued is closed already."""

    notification_id: UUID
    user_id: UUID | None
    template: str
    channel: Channel
    device_id: UUID | None = None
    state: State = State.QUEUED
    reason: str = ""


class Outgoing(NamedTuple):
    """A delivery that is to be sent, with where to, whether the account is in use, and what the
    person has switched; `members` are what a digest has together."""

    delivery_id: UUID
    notification_id: UUID
    user_id: UUID | None
    channel: str
    device_id: UUID | None
    template: str
    data: dict[str, Any]
    attempts: int
    created_at: datetime
    email: str
    phone: str
    name: str
    locale: str
    timezone: str
    active: bool
    switches: dict[str, bool]
    quiet_start: time | None
    quiet_end: time | None
    digest: int
    members: Sequence[Member] = ()


def _forget(condition: str) -> str:
    """What sets the words of a message and its address to null where the condition is true."""
    columns = ("data", "email", "phone", "name", "locale")
    return ", ".join(
        f"{name} = CASE WHEN {condition} THEN NULL ELSE {name} END" for name in columns
    )


_LAST = "message.unclosed <= CAST(:done AS integer) OR message.template = 'verification_code'"
# A message has one open delivery unless something else is said.
_CREATE = Write(
    f"""
    WITH created AS (
        INSERT INTO deliveries (notification_id, user_id, template, channel, device_id, state,
            reason, closed_at)
        SELECT notification_id, user_id, template, channel, device_id, state, reason,
            CASE WHEN state <> 'queued' THEN now() END
        FROM unnest(CAST(:notification_ids AS uuid[]), CAST(:user_ids AS uuid[]),
            CAST(:templates AS text[]), CAST(:channels AS text[]), CAST(:device_ids AS uuid[]),
            CAST(:states AS text[]), CAST(:reasons AS text[]))
            AS asked (notification_id, user_id, template, channel, device_id, state, reason)
        WHERE EXISTS (SELECT FROM notifications WHERE notification_id = asked.notification_id)
        ON CONFLICT DO NOTHING
        RETURNING delivery_id, notification_id, template, channel, state
    ), counted AS (
        SELECT notification_id, count(*) FILTER (WHERE state = 'queued') AS open
        FROM created GROUP BY notification_id
    ), kept AS (
        UPDATE notifications AS message SET unclosed = open, {_forget("open = 0")}
        FROM counted WHERE message.notification_id = counted.notification_id AND open <> 1
    )
    SELECT delivery_id, template, channel FROM created WHERE state = 'queued' ORDER BY delivery_id
    """,
    lambda delivery_id, template, channel: (delivery_id, template, Channel(channel)),
)
_FIND_OPEN = Statement(
    """
    SELECT delivery_id, notification_id, delivery.user_id, channel, device_id, delivery.template,
        coalesce(data, '{}'), attempts, message.created_at,
        coalesce(message.email, card.email, ''), coalesce(message.phone, card.phone, ''),
        coalesce(message.name, card.name, ''), coalesce(message.locale, card.locale, ''),
        coalesce(timezone, ''), coalesce(active, true), coalesce(switches, '{}'),
        quiet_start, quiet_end, coalesce(digest, 0)
    FROM deliveries AS delivery JOIN notifications AS message USING (notification_id)
    LEFT JOIN contacts AS card ON card.user_id = delivery.user_id
    LEFT JOIN preferences ON preferences.user_id = delivery.user_id
    WHERE delivery_id = :delivery_id AND state = 'queued'
    """,
    Outgoing,
)
# The words are forgotten with the last delivery that may need them; of a message that is given up
# they stay, so that it can be sent again. Codes never do.
_CLOSE = WholeWrite(
    f"""
    WITH closed AS (
        UPDATE deliveries SET state = :state, reason = :reason, due_at = NULL,
            closed_at = clock_timestamp()
        WHERE delivery_id = ANY (:delivery_ids) AND state IN ('queued', 'held')
        RETURNING notification_id
    )
    UPDATE notifications AS message SET {_forget(_LAST)},
        unclosed = unclosed - CAST(:done AS integer)
    FROM closed
    WHERE message.notification_id = closed.notification_id
    """,
    nothing,
)
_FAIL = WholeWrite(
    """
    UPDATE deliveries SET attempts = attempts + 1, reason = :reason
    WHERE delivery_id = :delivery_id AND state = 'queued'
    """,
    nothing,
)
_TURN = Write(
    """
    UPDATE deliveries SET channel = :channel WHERE delivery_id = :delivery_id AND state = 'queued'
    """,
    nothing,
)


def create_deliveries(
    db: Database, planned: Sequence[NewDelivery]
) -> list[tuple[UUID, str, Channel]]:
    """Keep deliveries; of those that are queued the id, the template and the channel."""
    return db.all(
        _CREATE,
        notification_ids=[each.notification_id for each in planned],
        user_ids=[each.user_id for each in planned],
        templates=[each.template for each in planned],
        channels=[each.channel.value for each in planned],
        device_ids=[each.device_id for each in planned],
        states=[each.state.value for each in planned],
        reasons=[each.reason for each in planned],
    )


def find_open(db: Database, delivery_id: UUID) -> Outgoing | None:
    """A delivery that is still to be sent, or None."""
    return db.first(_FIND_OPEN, delivery_id=delivery_id)


def close(db: Database, delivery_ids: Sequence[UUID], state: State, reason: str = "") -> None:
    """Remember how deliveries ended, and forget what nobody needs any more."""
    db.run(
        _CLOSE,
        delivery_ids=list(delivery_ids),
        state=state.value,
        reason=reason,
        done=int(state is not State.DEAD),
    )


def fail(db: Database, delivery_id: UUID, reason: str) -> None:
    """Remember that a delivery was tried in vain."""
    db.run(_FAIL, delivery_id=delivery_id, reason=reason)


def turn(db: Database, delivery_id: UUID, channel: Channel) -> None:
    """Have a delivery go another way."""
    db.run(_TURN, delivery_id=delivery_id, channel=channel.value)
