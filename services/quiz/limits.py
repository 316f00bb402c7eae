"""Whether a learner may begin another attempt."""

from __future__ import annotations

from services.quiz.errors import AttemptsUsedUp, AttemptTooSoon
from services.quiz.rules import Rules


def are_limited(rules: Rules) -> bool:
    """Whether it matters how many attempts there were, and when."""
    return bool(rules.max_attempts or rules.wait_seconds)


def check_may_begin(rules: Rules, started: int, seconds_since_last: float | None) -> None:
    """AttemptsUsedUp or AttemptTooSoon where another attempt is not allowed, or not yet.

    `seconds_since_last` is None before the first result.
    """
    if rules.max_attempts and started >= rules.max_attempts:
        raise AttemptsUsedUp(metadata={"maxAttempts": str(rules.max_attempts)})
    if seconds_since_last is not None and seconds_since_last < rules.wait_seconds:
        raise AttemptTooSoon(rules.wait_seconds - seconds_since_last)
