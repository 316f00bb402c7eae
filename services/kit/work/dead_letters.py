"""What a service gave up in the background, and waits for an operator with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol


class DeadLetter(NamedTuple):
    """A job or an event that was given up; `number` is its id among those of its kind."""

    number: int
    work: str
    attempts: int
    reason: str
    given_up_at: datetime
    request_id: str


class DeadLetters(Protocol):
    """Those of one kind."""

    def list_dead(self, after: int, limit: int) -> list[DeadLetter]:
        """From the oldest on, those after the one of this number."""

    def revive(self, numbers: Sequence[int], *, everything: bool) -> list[int]:
        """Have them tried again: these, or all; the numbers of those found."""

    def discard(self, numbers: Sequence[int]) -> list[DeadLetter]:
        """Remove them for good; those found."""
