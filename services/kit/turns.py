"""How much one caller has under way at once, so that who is slow leaves room for others."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from services.kit.errors import RateLimited

TRY_AGAIN_SECONDS = 5.0


class Turns:
    """Counts what is under way, by whose it is; in any thread."""

    def __init__(self, name: str, most: int) -> None:
        self._name = name
        self._most = most
        self._in_hand: Counter[str] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def of(self, whose: str) -> Iterator[None]:
        """Around what is under way; RateLimited where the same one has as much as may be."""
        with self._lock:
            if self._in_hand[whose] >= self._most:
                raise RateLimited(self._name, TRY_AGAIN_SECONDS)
            self._in_hand[whose] += 1
        try:
            yield
        finally:
            with self._lock:
                self._in_hand[whose] -= 1
                if not self._in_hand[whose]:
                    del self._in_hand[whose]
