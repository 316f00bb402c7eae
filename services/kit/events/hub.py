"""Reads the events of a service as they are committed, in the order of their ids, skipping none.

Ids are given before the commit: 7 may be there while 6 is still being written. Writers do not wait
for each other because of that; the hub waits where an id is missing, until it is there or it is
certain that it never comes: whoever was given it held a lock on the table, and holds it no more.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

import structlog

from services.kit.errors import DatabaseUnavailable
from services.kit.events import table
from services.kit.events.table import Connection, Record
from services.kit.events.tail import Tail

log = structlog.get_logger("stellr.events")

BATCH = 500
# Looks into the table are this far apart at least, however much is written.
SHORTEST_PAUSE_SECONDS = 0.01
# A process that dies between a commit and its signal is found out by looking.
LONGEST_PAUSE_SECONDS = 1.0
LOOK_SECONDS = 10.0
OPENING_SECONDS = 5.0
# An id that is missing this long is worth a line in the log.
STUCK_SECONDS = 5.0


class _Gap(NamedTuple):
    """Ids are missing before `newest`, and only these transactions could bring them."""

    newest: int
    writers: frozenset[str]
    since: float
    logged: bool = False


class Hub:
    """One for each process of a service with a database; `run` is for the supervisor."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._tail: Tail | None = None
        self._opened = asyncio.Event()
        self._wake = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._written = False
        self._stopping = False
        self._gap: _Gap | None = None
        # No event up to this id is missing that may still come.
        self._settled = 0

    def written(self) -> None:
        """Have the events of a transaction told that was committed; from any thread."""
        if not self._written and self._loop is not None:
            self._written = True
            # The loop is closed when a process stops; other processes look by themselves.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._wake.set)

    def stop(self) -> None:
        """Tell nobody anything any more; from any thread."""
        self._stopping = True
        if self._loop is not None:
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._end)

    async def tail(self) -> Tail:
        """The newest events. DatabaseUnavailable where the database has not answered for 5 s."""
        if not self._stopping:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._opened.wait(), OPENING_SECONDS)
        if self._tail is None:
            raise DatabaseUnavailable
        return self._tail

    async def run(self) -> None:
        """Listen and read until the connection is lost, which is an error of some kind."""
        self._loop = asyncio.get_running_loop()
        connection = await table.connect(self._url)
        try:
            self._tail = await self._begin(connection)
            self._opened.set()
            await self._keep_looking(connection, self._tail)
        finally:
            self._end()
            await connection.close()

    async def _begin(self, connection: Connection) -> Tail:
        """Begin after the newest event before which none is missing."""
        self._gap, self._settled = None, 0
        while not await self._settle(connection, 0):
            await self._pause(connection)
        return Tail(await table.position_of(connection, self._settled))

    def _end(self) -> None:
        self._opened.clear()
        if self._tail is not None:
            self._tail.end()
            self._tail = None

    async def _keep_looking(self, connection: Connection, tail: Tail) -> None:
        while True:
            async with asyncio.timeout(LOOK_SECONDS):
                began = time.monotonic()
                await self._announce(connection)
                if await self._look(connection, tail):
                    tail.confirmed_at = began
            await self._pause(connection)

    async def _announce(self, connection: Connection) -> None:
        if self._written:
            self._written = False
            await table.announce(connection)

    async def _look(self, connection: Connection, tail: Tail) -> bool:
        """Tell what is new; whether that is all that is committed."""
        while True:
            records = await table.newer(connection, tail.head.event_id, BATCH)
            sure = self._sure(records, tail.head.event_id)
            if sure:
                tail.add(sure)
            if len(sure) < len(records):
                if not await self._settle(connection, tail.head.event_id):
                    return False
            elif len(records) < BATCH:
                self._gap = None
                return True

    def _sure(self, records: Sequence[Record], before: int) -> Sequence[Record]:
        """The records before the first id that is missing and may still come."""
        for index, record in enumerate(records):
            event_id = record.position.event_id
            if event_id > max(before + 1, self._settled):
                return records[:index]
            before = event_id
        return records

    async def _settle(self, connection: Connection, told: int) -> bool:
        """Whether it is certain now that no event before one that is committed will yet come."""
        now = await table.writers(connection)
        gap = self._gap
        if gap is None or gap.newest <= told:
            gap = _Gap(now.newest, now.at_work, time.monotonic())
        at_work = gap.writers & now.at_work
        if at_work and gap.newest > told:
            self._gap = _logged(gap._replace(writers=at_work))
            return False
        self._gap, self._settled = None, gap.newest
        return True

    async def _pause(self, connection: Connection) -> None:
        """Wait for a signal, of this process or of another; where ids are missing not for long."""
        await asyncio.sleep(SHORTEST_PAUSE_SECONDS)
        loop, socket = asyncio.get_running_loop(), connection.fileno()
        loop.add_reader(socket, self._wake.set)
        try:
            async with asyncio.timeout(_longest_pause(self._gap)):
                await self._wake.wait()
        except TimeoutError:
            pass
        finally:
            loop.remove_reader(socket)
        self._wake.clear()


def _longest_pause(gap: _Gap | None) -> float:
    """What rolls back gives no signal: look again soon, less often the longer it takes."""
    if gap is None:
        return LONGEST_PAUSE_SECONDS
    return min(time.monotonic() - gap.since, LONGEST_PAUSE_SECONDS)


def _logged(gap: _Gap) -> _Gap:
    """The gap, told to operators where it has been there for long."""
    if gap.logged or time.monotonic() - gap.since < STUCK_SECONDS:
        return gap
    log.warning("events wait for open transactions", virtual_transactions=sorted(gap.writers))
    return gap._replace(logged=True)
