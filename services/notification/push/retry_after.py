"""When a provider wants to be asked again."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_SECONDS = 86_400.0


def retry_after(value: str | None) -> float | None:
    """The seconds that a Retry-After header says (RFC 9110, 10.2.3), a day at most; None where it
    says nothing."""
    if not value:
        return None
    if value.strip().isdigit():
        return min(float(value.strip()[:9]), LONGEST_SECONDS)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):  # whoever answers may write what they like
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max((moment - datetime.now(UTC)).total_seconds(), 0.0), LONGEST_SECONDS)
