"""What is forgotten with time."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from services.kit.data.database import Database
from services.kit.data.purge import BATCH, batch_of
from services.kit.data.statements import Write, nothing
from services.notification.models import Notification

WAITING_DAYS = 7
REMEMBERED_DAYS = 30
KEPT_DAYS = 90

_TABLE = Notification.__table__
LONG_PAST = ((_TABLE, Notification.created_at < sa.func.now() - timedelta(days=KEPT_DAYS)),)
_PURGES = [Write(batch_of(table, condition), nothing) for table, condition in LONG_PAST]
# Whoever sent it can read in the history that it went nowhere.
_GIVE_UP_WAITING = Write(
    f"""
    WITH late AS (
        SELECT notification_id FROM notifications
        WHERE waiting AND created_at < now() - make_interval(days => {WAITING_DAYS})
        ORDER BY created_at LIMIT {BATCH} FOR UPDATE SKIP LOCKED
    ), ended AS (
        UPDATE notifications AS message SET waiting = false, data = NULL
        FROM late WHERE message.notification_id = late.notification_id
        RETURNING message.notification_id, user_id, template
    )
    INSERT INTO deliveries (notification_id, user_id, template, channel, state, reason, closed_at)
    SELECT notification_id, user_id, template, 'email', 'unsent', :reason, now() FROM ended
    """,
    nothing,
)
_FORGET = Write(
    f"""
    UPDATE notifications SET data = NULL, email = NULL, phone = NULL, name = NULL, locale = NULL
    WHERE notification_id IN (
        SELECT notification_id FROM notifications
        WHERE data IS NOT NULL AND created_at < now() - make_interval(days => {REMEMBERED_DAYS})
        ORDER BY created_at LIMIT {BATCH} FOR UPDATE SKIP LOCKED
    )
    """,
    nothing,
)
NO_CARD = f"nothing was heard of the person for {WAITING_DAYS} days"


def purge(db: Database) -> bool:
    """Forget a batch of what is too old; whether there may be more of it."""
    rows = [db.run(batch) for batch in _PURGES]
    rows += [db.run(_GIVE_UP_WAITING, reason=NO_CARD), db.run(_FORGET)]
    return BATCH in rows
