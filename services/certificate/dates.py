"""Which day it is for a learner, and how days are written for people, on paper and on the page."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

DEFAULT_TIMEZONE = "UTC"

# fmt: off
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)
# fmt: on


def known_timezone(name: str) -> str:
    """The name of an IANA time zone as it came; UTC where there is none of that name."""
    try:
        return ZoneInfo(name).key
    except (LookupError, ValueError, OSError):
        return DEFAULT_TIMEZONE


def day_in(time: datetime, timezone: str) -> date:
    """The day of a time in a time zone."""
    return time.astimezone(ZoneInfo(timezone)).date()


def day_in_words(day: date) -> str:
    """A day, e.g. 22 November 2026, whatever the locale of the process."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def zone_beside(timezone: str) -> str:
    """The time zone that has to stand beside a day: none where the day is the learner's own."""
    return timezone if timezone == DEFAULT_TIMEZONE else ""


def moment_in_words(time: datetime) -> str:
    """Day and minute in UTC, e.g. 22 November 2026, 10:05 UTC."""
    moment = time.astimezone(UTC)
    return f"{day_in_words(moment.date())}, {moment:%H:%M} UTC"
