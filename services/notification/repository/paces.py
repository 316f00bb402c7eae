"""When the next message may go by each channel."""

from __future__ import annotations

from services.kit.data.database import Database
from services.kit.data.statements import WholeWrite, scalar
from services.notification.models import Channel

_TAKE_PLACE = WholeWrite(
    """
    INSERT INTO paces AS pace (channel, next_at)
    VALUES (:channel, clock_timestamp() + make_interval(secs => :step))
    ON CONFLICT (channel) DO UPDATE SET
        next_at = greatest(pace.next_at, clock_timestamp()) + make_interval(secs => :step)
    RETURNING extract(epoch FROM next_at - clock_timestamp())::float - :step
    """,
    scalar,
)


def take_place(db: Database, channel: Channel, step: float) -> float:
    """Take the next place, `step` seconds behind the one before: in how many seconds it is."""
    seconds: float = db.one(_TAKE_PLACE, channel=channel.value, step=step)
    return seconds
