"""Whether the database answers, also where it stands still and never would."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

from services.kit.data.database import POOL_WAIT_SECONDS, Database

# Longer than those who look into the database for something else pause.
HEARD_SECONDS = 3.0


class Liveness:
    """Asks the database one question at a time; a new one only when the last is answered.

    Nothing is asked while it is heard of anyway: `heard_at` gives the time.monotonic() at which it
    last answered somebody.
    """

    def __init__(self, database: Database, heard_at: Callable[[], float] | None = None) -> None:
        self._database = database
        self._heard_at = heard_at
        self._asked: Future[None] | None = None

    def answers(self) -> bool:
        """Whether the database answers, or did lately. False where it has not for 5 seconds: nobody
        is kept waiting longer for a connection either."""
        if self._heard_at and time.monotonic() - self._heard_at() < HEARD_SECONDS:
            return True
        try:
            self._asked = self._asked or self._ask()
            self._asked.result(POOL_WAIT_SECONDS - (HEARD_SECONDS if self._heard_at else 0.0))
        except Exception:
            # Also what keeps it from being asked, as that no more threads may be started: who
            # watches must go on watching.
            return False
        finally:
            if self._asked and self._asked.done():
                self._asked = None
        return True

    def _ask(self) -> Future[None]:
        asked: Future[None] = Future()
        # A daemon: a question that hangs must not keep the process alive.
        threading.Thread(target=self._wait, args=(asked,), name="liveness", daemon=True).start()
        return asked

    def _wait(self, asked: Future[None]) -> None:
        try:
            self._database.ping()
        except BaseException as error:
            asked.set_exception(error)
        else:
            asked.set_result(None)
