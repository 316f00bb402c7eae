"""Caches of finished values that every process drops as soon as a write to them commits.

A writer names what it changed with NOTIFY, inside its transaction. Each process of the service
listens and drops the value, and tells the processes of other services that watch. A process that
may have missed a change serves nothing from its cache: not before it listens, and not while its
connection is lost. Beyond that a value lives only some seconds.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, NamedTuple, TypeVar

import psycopg
import sqlalchemy as sa
import structlog
from psycopg import sql
from sqlalchemy.orm import Session

from services.kit.data.database import Database

log = structlog.get_logger("stellr.coherent")
Value = TypeVar("Value")
RETRY_SECONDS = 0.5
# How long the listening thread sleeps at most before it looks whether the process stops.
LOOK_AROUND_SECONDS = 1.0
POLL_SECONDS = 0.05

_NOTIFY = sa.text("SELECT pg_notify(:channel, :subject)")


class _Entry(NamedTuple, Generic[Value]):
    value: Value
    expires_at: float


class Cache(Generic[Value]):
    """At most `size` keys, each for at most `seconds`. A subject is what changes are told by."""

    def __init__(self, *, size: int, seconds: float) -> None:
        self._size = size
        self._seconds = seconds
        self._entries: dict[str, _Entry[Value]] = {}
        self._keys: dict[str, tuple[str, ...]] = {}
        self._generation = 0
        self._listening = False
        self._lock = threading.Lock()

    @property
    def listening(self) -> bool:
        """Whether what the cache holds may be served."""
        return self._listening

    @property
    def generation(self) -> int:
        """Counts what was dropped; take it before reading the truth and give it to `keep`."""
        return self._generation

    def find(self, key: str) -> Value | None:
        """The value, or None where it must be read anew."""
        entry = self._entries.get(key)
        if entry is None or not self._listening or entry.expires_at <= time.monotonic():
            return None
        return entry.value

    def keep(self, subject: str, keys: Iterable[str], value: Value, generation: int) -> None:
        """Remember a value under its keys, unless anything was dropped since `generation`."""
        entry = _Entry(value, time.monotonic() + self._seconds)
        with self._lock:
            if generation != self._generation or not self._listening:
                return
            self._remove(subject)
            names = tuple(keys)
            if len(self._entries) + len(names) > self._size:
                self._clear()
            self._keys[subject] = names
            self._entries.update(dict.fromkeys(names, entry))

    def _forget(self, subject: str) -> None:
        with self._lock:
            self._generation += 1
            self._remove(subject)

    def _remove(self, subject: str) -> None:
        for key in self._keys.pop(subject, ()):
            self._entries.pop(key, None)

    def _clear(self) -> None:
        self._entries.clear()
        self._keys.clear()

    def _set_listening(self, listening: bool) -> None:
        """What was read before this moment may have changed unnoticed."""
        with self._lock:
            self._listening = listening
            self._generation += 1
            self._clear()


class CoherentCache(Cache[Value]):
    """A cache of what the service's own database holds."""

    def __init__(
        self,
        database: Database,
        stopping: threading.Event,
        channel: str,
        *,
        size: int,
        seconds: float,
    ) -> None:
        super().__init__(size=size, seconds=seconds)
        self._database = database
        self._stopping = stopping
        self._channel = channel
        self._thread: threading.Thread | None = None
        self._watches: set[queue.SimpleQueue[str | None]] = set()

    def keep(self, subject: str, keys: Iterable[str], value: Value, generation: int) -> None:
        """Remember a value, as `Cache.keep`; the first call starts the thread that listens."""
        self._start()
        super().keep(subject, keys, value, generation)

    def drop(self, session: Session, subject: str) -> None:
        """Drop a value everywhere when the session's transaction commits."""
        session.execute(_NOTIFY, {"channel": self._channel, "subject": subject})
        # The own notification comes a moment after the commit; who wrote must not read the past.
        sa.event.listen(session, "after_commit", lambda _: self._forget(subject), once=True)

    def watch(self, is_active: Callable[[], bool]) -> Iterator[str]:
        """ "" once no change is missed any more, then each subject that changes.

        Ends where a change may have been missed, when the process stops, or nobody is active.
        """
        self._start()
        while not self._listening:
            if self._stopping.wait(POLL_SECONDS) or not is_active():
                return
        inbox: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        with self._lock:
            self._watches.add(inbox)
            inbox.put("" if self._listening else None)
        try:
            yield from self._told(inbox, is_active)
        finally:
            self._watches.discard(inbox)

    def _told(
        self, inbox: queue.SimpleQueue[str | None], is_active: Callable[[], bool]
    ) -> Iterator[str]:
        while is_active() and not self._stopping.is_set():
            try:
                subject = inbox.get(timeout=LOOK_AROUND_SECONDS)
            except queue.Empty:
                continue
            if subject is None:
                return
            yield subject

    def _forget(self, subject: str) -> None:
        super()._forget(subject)
        self._tell(subject)

    def _set_listening(self, listening: bool) -> None:
        super()._set_listening(listening)
        self._tell(None)

    def _tell(self, subject: str | None) -> None:
        for inbox in tuple(self._watches):
            inbox.put(subject)

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                name = f"coherent-{self._channel}"
                self._thread = threading.Thread(target=self._run, name=name, daemon=True)
                self._thread.start()

    def _run(self) -> None:
        """Listen until the process stops; a lost connection is made anew."""
        while not self._stopping.is_set():
            try:
                with self._database.listen() as connection:
                    self._listen(connection)
            except psycopg.Error as error:
                log.debug("cache lost its connection", channel=self._channel, error=str(error))
            self._stopping.wait(RETRY_SECONDS)

    def _listen(self, connection: psycopg.Connection[Any]) -> None:
        connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(self._channel)))
        self._set_listening(True)
        try:
            while not self._stopping.is_set():
                for notification in connection.notifies(timeout=LOOK_AROUND_SECONDS):
                    self._forget(notification.payload)
        finally:
            self._set_listening(False)
