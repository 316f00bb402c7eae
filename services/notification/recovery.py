"""Notices that a provider that took nothing takes something again, and wakes what waits for it.

Pauses between tries grow to a minute. So that nothing sleeps while its provider is back, one of
those that wait is tried every few seconds, and once one is taken all others are woken.
"""

from __future__ import annotations

import time

from services.kit.work.tasks import Task

KNOCK_SECONDS = 5.0
# Some are refused for now by themselves, as by grey-listing: they wake no storm.
LEAST_SECONDS = 5.0


class Recovery:
    """The recovery of one provider, as one process sees it."""

    def __init__(self, task: Task) -> None:
        """`task` is what sends to the provider."""
        self._task = task
        self._is_away = False
        self._woken_at = float("-inf")

    def failed(self) -> None:
        """The provider took nothing just now."""
        self._is_away = True

    def took(self, *, had_failed: bool) -> None:
        """The provider took a message; `had_failed`: that was in vain before."""
        now = time.monotonic()
        if not (self._is_away or had_failed) or now - self._woken_at < LEAST_SECONDS:
            return
        self._is_away, self._woken_at = False, now
        self._task.hurry()

    def knock(self) -> None:
        """Have one message tried of those that wait."""
        self._task.hurry(most=1)
