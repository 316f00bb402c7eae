"""Whether the database answers, also where it stands still and never would."""

from __future__ import annotations

import threading
from concurrent.futures import Future

import psycopg

from services.kit.data.database import POOL_WAIT_SECONDS, Database

# Nobody is kept waiting longer for a connection either.
ANSWER_SECONDS = POOL_WAIT_SECONDS


class Liveness:
    """Asks the database one question at a time; a new one only when the last is answered."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._asked: Future[None] | None = None

    def answers(self, seconds: float = ANSWER_SECONDS) -> bool:
        """Whether the database answers within so many seconds."""
        asked = self._asked or self._ask()
        try:
            asked.result(seconds)
        except TimeoutError:
            self._asked = asked
            return False
        except psycopg.Error:
            self._asked = None
            return False
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
