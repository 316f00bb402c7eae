"""How messages fare with their providers, for metrics: never an address, never a word."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from services.notification.models import Channel
from services.notification.refusals import TransportError

SENT, RETRIED, FAILED = "sent", "retried", "failed"


class Count(Protocol):
    """Counts a message: channel, provider, how it ended, and the seconds that it took."""

    def __call__(self, channel: str, provider: str, outcome: str, seconds: float) -> None:
        """Count it."""


@contextmanager
def handed_over(count: Count, channel: Channel, provider: str) -> Iterator[None]:
    """Around handing a message to a provider: sent, to be retried, or failed for good."""
    begun, outcome = time.perf_counter(), RETRIED
    try:
        yield
        outcome = SENT
    except TransportError as error:
        outcome = FAILED if error.permanent else RETRIED
        raise
    finally:
        count(channel.value, provider, outcome, time.perf_counter() - begun)
