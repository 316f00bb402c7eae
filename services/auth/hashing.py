"""Hashes passwords a few at a time, without standing in the way of anything else."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from services.auth import passwords
from services.auth.errors import SignInBusy
from services.kit import call

# Each hash takes a core and 19 MiB for 30 ms.
AT_ONCE = 2
# Of waiting longer than this, a person does not think well.
LONGEST_WAIT_SECONDS = 5.0
# Below everything else that the process does: on a busy machine logins are slow before reads are.
NICENESS = 10
Result = TypeVar("Result")


class Hashing:
    """A queue before two threads; who would be one too many is refused at once."""

    def __init__(self, admitted: int) -> None:
        """At most `admitted` callers at once, those who wait included."""
        self._places = threading.BoundedSemaphore(admitted)
        self._pool = ThreadPoolExecutor(AT_ONCE, "hashing", initializer=_give_way)

    def hash(self, password: str) -> str:
        """The hash of a normalized password; SignInBusy."""
        return self._run(lambda: passwords.hash_password(password))

    def verify(self, password: str, password_hash: str | None) -> bool:
        """Whether it is the normalized password, as `passwords.verify_password`; SignInBusy."""
        return self._run(lambda: passwords.verify_password(password, password_hash))

    def _run(self, work: Callable[[], Result]) -> Result:
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
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
