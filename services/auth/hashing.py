"""Hashes passwords a few at a time, without standing in the way of anything else."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from services.auth.errors import SignInBusy
from services.kit import call

# Each hash takes a core and 19 MiB for 30 ms.
AT_ONCE = 2
# Callers, those that wait included: the last of them has their turn in about two seconds.
ADMITTED = 128
REFUSING = 2
# For a caller who does not say how long they wait.
DEFAULT_WAIT_SECONDS = 10.0
Result = TypeVar("Result")


class Hashing:
    """A queue before two threads; who would be one too many is refused at once.

    `callers` are threads for RPCs that wait here: some more than may wait, to refuse the others.
    """

    def __init__(self, admitted: int) -> None:
        """At most `admitted` callers at once, those who wait included."""
        self.callers = ThreadPoolExecutor(admitted + REFUSING, "sign-in")
        self._places = threading.BoundedSemaphore(admitted)
        self._pool = ThreadPoolExecutor(AT_ONCE, "hashing")

    def run(self, work: Callable[[], Result]) -> Result:
        """The result of work that hashes, done when its turn comes; SignInBusy."""
        if not self._places.acquire(blocking=False):
            raise SignInBusy
        future = self._pool.submit(work)
        future.add_done_callback(self._leave)
        try:
            return future.result(call.patience(DEFAULT_WAIT_SECONDS))
        except TimeoutError:
            future.cancel()
            raise SignInBusy from None

    def _leave(self, _: Future[Result]) -> None:
        self._places.release()
