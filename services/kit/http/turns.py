"""How many files one reader is sent at once, so that who reads slowly leaves room for others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from services.kit.errors import RateLimited

TRY_AGAIN_SECONDS = 5.0


class Turns:
    """Counts what is under way, by whose it is; on one event loop."""

    def __init__(self, name: str, most: int) -> None:
        self._name = name
        self._most = most
        self._in_hand: Counter[str] = Counter()

    @contextmanager
    def of(self, whose: str) -> Iterator[None]:
        """Around what is under way; RateLimited where the same one has as much as may be."""
        if self._in_hand[whose] >= self._most:
            raise RateLimited(self._name, TRY_AGAIN_SECONDS)
        self._in_hand[whose] += 1
        try:
            yield
        finally:
            self._in_hand[whose] -= 1
            if not self._in_hand[whose]:
                del self._in_hand[whose]
