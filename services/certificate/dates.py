"""How dates are written for people, on paper and on the page alike."""

from datetime import UTC, datetime

# fmt: off
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)
# fmt: on


def date_in_words(time: datetime) -> str:
    """The day in UTC, e.g. 22 November 2026, whatever the locale of the process."""
    day = time.astimezone(UTC)
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def moment_in_words(time: datetime) -> str:
    """Day and minute in UTC, e.g. 22 November 2026, 10:05 UTC."""
    return f"{date_in_words(time)}, {time.astimezone(UTC):%H:%M} UTC"
