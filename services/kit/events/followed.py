"""A cache of what another service holds, dropped as that service tells its changes by a stream.

While the stream does not stand, a change may be missed and nothing is served.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator

import grpc
import structlog

from services.kit.errors import DomainError
from services.kit.events.coherent import Cache, Value

log = structlog.get_logger("stellr.followed")
RETRY_SECONDS = 0.5
SETTLING_SECONDS = 1.0


class FollowedCache(Cache[Value]):
    """A cache of what another service holds, which tells its changes by a stream.

    `follow` opens that stream: "" once no change is missed any more, then each changed subject.
    """

    def __init__(
        self,
        follow: Callable[[], Iterator[str]],
        stopping: threading.Event,
        *,
        size: int,
        seconds: float,
    ) -> None:
        super().__init__(size=size, seconds=seconds)
        self._follow = follow
        self._stopping = stopping
        self._settled_at = 0.0
        self._thread: threading.Thread | None = None

    def keep(self, subject: str, keys: Iterable[str], value: Value, generation: int) -> None:
        """Remember a value, as `Cache.keep`; the first call starts the thread that follows."""
        self._start()
        # Another process of that service may hear of the change a moment after the one that told
        # us, and answer from the past till then.
        if time.monotonic() >= self._settled_at:
            super().keep(subject, keys, value, generation)

    def _forget(self, subject: str) -> None:
        self._settled_at = time.monotonic() + SETTLING_SECONDS
        super()._forget(subject)

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="followed", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        """Follow until the process stops; a broken stream is opened anew."""
        while not self._stopping.is_set():
            try:
                for subject in self._follow():
                    self._forget(subject) if subject else self._set_listening(True)
            except (grpc.RpcError, DomainError) as error:
                log.debug("cache lost its stream", error=str(error))
            self._set_listening(False)
            self._stopping.wait(RETRY_SECONDS)
