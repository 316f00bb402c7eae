"""When the next message may go by each channel."""

from __future__ import annotations

from services.kit.data.database import Database
from services.kit.data.statements import WholeWrite, scalar
from services.notification.models import Channel

# So that nobody waits for ever after very many that did not wait, or where the rate was lower.
MOST_AHEAD = 1000
_TAKE_PLACE = WholeWrite(
    f"""
    INSERT INTO paces AS pace (channel, next_at)
    VALUES (:channel, clock_timestamp() + make_interval(secs => :step))
    ON CONFLICT (channel) DO UPDATE SET
        next_at = make_interval(secs => :step) + greatest(clock_timestamp(),
            least(pace.next_at, clock_timestamp() + {MOST_AHEAD} * make_interval(secs => :step)))
    RETURNING extract(epoch FROM next_at - clock_timestamp())::float - :step
    """,
    scalar,
)


def take_place(db: Database, channel: Channel, step: float) -> float:
    """Take the next place, `step` seconds behind the one before: in how many seconds it is."""
    seconds: float = db.one(_TAKE_PLACE, channel=channel.value, step=step)
    return seconds
