"""Until when a message is held: quiet hours and digests, by the clock of its person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo

from services.notification.channels import may_wait
from services.notification.models import Channel
from stellr.notification.v1.preferences_pb2 import Digest

DIGEST_TIME = time(8)
MONDAY = 0


class Habits(NamedTuple):
    """When a person wants to hear of what can wait. Quiet hours are both there or neither; an end
    before the start is on the next day."""

    timezone: str
    quiet_start: time | None
    quiet_end: time | None
    digest: int


def held_until(now: datetime, channel: str, template: str, habits: Habits) -> datetime | None:
    """When a message may be sent that there is now; None: at once.

    A digest comes at eight o'clock, the weekly one on Mondays, or at the end of quiet hours.
    """
    if channel not in (Channel.EMAIL, Channel.PUSH) or not may_wait(template):
        return None
    zone = _zone(habits.timezone)
    if channel == Channel.EMAIL and has_digest(habits.digest):
        due = _next_digest(now, zone, weekly=habits.digest == Digest.DIGEST_WEEKLY)
        return _end_of_quiet(due, zone, habits) or due
    return _end_of_quiet(now, zone, habits)


def has_digest(digest: int) -> bool:
    """Whether mails that can wait come together in one."""
    return digest in (Digest.DIGEST_DAILY, Digest.DIGEST_WEEKLY)


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name) if name else UTC
    except (KeyError, OSError, ValueError):  # a name that another version of the time zones has
        return UTC


def _end_of_quiet(moment: datetime, zone: tzinfo, habits: Habits) -> datetime | None:
    """When the quiet hours end that a moment is in; None where it is in none."""
    start, end = habits.quiet_start, habits.quiet_end
    if start is None or end is None:
        return None
    clock = moment.astimezone(zone).time().replace(tzinfo=None)
    within = start <= clock < end if start < end else clock >= start or clock < end
    return _next(moment, zone, end) if within else None


def _next_digest(now: datetime, zone: tzinfo, *, weekly: bool) -> datetime:
    return _next(now, zone, DIGEST_TIME, weekday=MONDAY if weekly else None)


def _next(now: datetime, zone: tzinfo, clock: time, weekday: int | None = None) -> datetime:
    """The next moment after now at which clocks in the zone show this."""
    today = now.astimezone(zone).date()
    days = (today + timedelta(days=days) for days in range(9))
    moments = (
        moment
        for day in days
        if weekday is None or day.weekday() == weekday
        for moment in _moments(day, zone, clock)
    )
    return next(moment for moment in moments if moment > now)


def _moments(day: date, zone: tzinfo, clock: time) -> Iterator[datetime]:
    """When clocks show this on a day: twice where they are set back, and an hour later where they
    are set forward over it."""
    for fold in (0, 1):
        yield datetime.combine(day, clock.replace(fold=fold), zone).astimezone(UTC)
