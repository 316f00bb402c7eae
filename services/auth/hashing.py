"""Hashes passwords a few at a time, without standing in the way of anything else."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from services.auth.errors import SignInBusy
from services.kit import call

# Each hash takes a core and 19 MiB for 30 ms.
AT_ONCE = 2
# Callers, those that wait included: the last of them has his turn in about a second.
ADMITTED = 64
REFUSING = 2
# Who waits longer tries again anyway.
LONGEST_WAIT_SECONDS = 5.0
# Other threads go first: on a busy machine logins become slow before anything else does.
NICENESS = 10
Result = TypeVar("Result")


class Hashing:
    """A queue before two threads; who would be one too many is refused at once.

    `callers` are threads for RPCs that wait here: some more than may wait, to refuse the others.
    """

    def __init__(self, admitted: int) -> None:
        """At most `admitted` callers at once, those who wait included."""
        self.callers = ThreadPoolExecutor(admitted + REFUSING, "sign-in")
        self._places = threading.BoundedSemaphore(admitted)
        self._pool = ThreadPoolExecutor(AT_ONCE, "hashing", initializer=_give_way)

    def run(self, work: Callable[[], Result]) -> Result:
        """The result of work that hashes, done when its turn comes; SignInBusy."""
        if not self._places.acquire(blocking=False):
            raise SignInBusy
        future = self._pool.submit(work)
        future.add_done_callback(self._leave)
        try:
            return future.result(_patience())
        except TimeoutError:
            future.cancel()
            raise SignInBusy from None

    def _leave(self, _: Future[Result]) -> None:
        self._places.release()


def _patience() -> float:
    """How long the caller waits: as long as its own caller does."""
    this = call.current()
    left = this.time_left() if this else None
    return LONGEST_WAIT_SECONDS if left is None else max(0.0, min(left, LONGEST_WAIT_SECONDS))


def _give_way() -> None:
    if sys.platform == "linux":  # where a thread has a niceness of its own
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
