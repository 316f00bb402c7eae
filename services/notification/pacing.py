"""How fast messages go to a provider, whatever processes send them."""

from __future__ import annotations

import time
from collections.abc import Callable

from services.kit.data.database import Database
from services.notification.models import Channel
from services.notification.repository import paces


class Pace:
    """So many messages a second by one channel; 0: as fast as may be."""

    def __init__(
        self,
        database: Database,
        channel: Channel,
        per_second: float,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._database = database
        self._channel = channel
        self._step = 1 / per_second if per_second else 0.0
        self._sleep = sleep

    def keep(self, *, waits: bool) -> bool:
        """Take a place in the queue and, of what can wait, wait for it: whether that was so. What
        cannot wait goes at once, and what can goes behind it."""
        if not self._step:
            return False
        seconds = paces.take_place(self._database, self._channel, self._step)
        if not waits or seconds <= 0:
            return False
        self._sleep(seconds)
        return True
