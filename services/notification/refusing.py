"""Whether a provider refuses whatever it is given, which no job shows: each is done."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from services.kit.work.background import Tell
from services.notification.counting import FAILED, SENT, Count

# One is refused for its own sake, as of a mailbox that there is not; so many in a row are not.
MOST_IN_A_ROW = 5


class Refusing:
    """Counts messages, and tells when a channel has refused many in a row, and takes one again."""

    def __init__(self, count: Count, tell: Mapping[str, Tell]) -> None:
        """`tell` hears by channel whether it takes messages; of others nothing is told."""
        self._count = count
        self._tell = tell
        self._lock = threading.Lock()
        self._refused = dict.fromkeys(tell, 0)

    def __call__(self, channel: str, provider: str, outcome: str, seconds: float) -> None:
        """Count a message: see `Count`. Of what is tried again its job tells."""
        self._count(channel, provider, outcome, seconds)
        if channel in self._tell and outcome in (SENT, FAILED):
            with self._lock:
                self._refused[channel] = self._refused[channel] + 1 if outcome == FAILED else 0
                self._tell[channel](self._refused[channel] < MOST_IN_A_ROW)
