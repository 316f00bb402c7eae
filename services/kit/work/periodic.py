"""Runs the loops of a service: work that is done again and again."""

from __future__ import annotations

import threading

import structlog

from services.kit import call as calls
from services.kit.data import idempotency
from services.kit.process.runtime import Runtime
from services.kit.process.service import Loop

log = structlog.get_logger("stellr.loops")
LONGEST_PAUSE_SECONDS = 10.0


def forget_idempotency_keys(runtime: Runtime) -> None:
    """Forget the keys and replies that are older than a day."""
    idempotency.purge(runtime.database.session)


HOUSEKEEPING = Loop("forget_idempotency_keys", 600.0, forget_idempotency_keys)


class LoopThread(threading.Thread):
    """Runs one loop until stopped. A failure is logged, and the pause doubles up to 10 s."""

    def __init__(self, runtime: Runtime, loop: Loop) -> None:
        super().__init__(name=f"loop-{loop.name}", daemon=True)
        self._runtime = runtime
        self._loop = loop
        self._stopping = threading.Event()

    def run(self) -> None:
        """Work, pause, work again."""
        pause = self._loop.every
        while not self._stopping.wait(pause):
            pause = self._loop.every if self._work() else min(pause * 2, LONGEST_PAUSE_SECONDS)

    def stop(self) -> None:
        """End the thread after the work it is at."""
        self._stopping.set()

    def _work(self) -> bool:
        call = calls.Call(method=f"loop:{self._loop.name}", request_id=calls.new_request_id())
        token = calls.enter(call)
        try:
            with self._runtime.database.transaction():
                self._loop.work(self._runtime)
            return True
        except Exception as error:
            log.warning("loop failed", loop=self._loop.name, error=repr(error))
            return False
        finally:
            calls.leave(token)
