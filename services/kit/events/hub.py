"""Reads the events of a service as they are committed, in the order of their ids, skipping none.

Writers do not wait for each other because of that: where an id is missing, the hub waits.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

from services.kit.data.signals import wait_for_signal
from services.kit.errors import DatabaseUnavailable
from services.kit.events import table
from services.kit.events.settling import Settling
from services.kit.events.table import Connection
from services.kit.events.tail import ANY, Tail
from services.kit.waiting import waiting

BATCH = 500
# Looks into the table are this far apart at least, however much is written.
SHORTEST_PAUSE_SECONDS = 0.01
# A process that dies between a commit and its signal is found out by looking.
LONGEST_PAUSE_SECONDS = 2.0
LOOK_SECONDS = 10.0
OPENING_SECONDS = 5.0


class Hub:
    """One for each process of a service with a database; `run` is for the supervisor."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._tail: Tail | None = None
        self._opened = asyncio.Event()
        self._wake = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        # time.monotonic() of the last look that the database answered.
        self.looked_at = float("-inf")
        self._written = False
        self._stopping = False

    def written(self) -> None:
        """Have the events of a transaction told that was committed; from any thread."""
        if not self._written and self._loop is not None:
            self._written = True
            # The loop is closed when a process stops; other processes look by themselves.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._wake.set)

    def wait_told(self, event_id: int, seconds: float) -> bool:
        """Block until an event is told, at most so long; whether it is. Not for the loop itself."""
        if self._loop is None or self._stopping:
            return False
        told = asyncio.run_coroutine_threadsafe(self._told(event_id), self._loop)
        try:
            with waiting:
                told.result(seconds)
        except (TimeoutError, DatabaseUnavailable):
            told.cancel()
            return False
        return True

    async def _told(self, event_id: int) -> None:
        tail = await self.tail()
        while tail.head.event_id < event_id:
            await tail.wait({ANY})

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
        connection, settling = await table.connect(self._url), Settling()
        try:
            self._tail = await self._begin(connection, settling)
            self._opened.set()
            await self._keep_looking(connection, settling, self._tail)
        finally:
            self._end()
            await connection.close()

    async def _begin(self, connection: Connection, settling: Settling) -> Tail:
        """Begin after the newest event before which none is missing."""
        while not await settling.settle(connection, 0):
            await self._pause(connection, settling)
        return Tail(await table.position_of(connection, settling.settled_to))

    def _end(self) -> None:
        self._opened.clear()
        self.looked_at = float("-inf")
        if self._tail is not None:
            self._tail.end()
            self._tail = None

    async def _keep_looking(self, connection: Connection, settling: Settling, tail: Tail) -> None:
        while True:
            async with asyncio.timeout(LOOK_SECONDS):
                began = time.monotonic()
                if self._written:
                    self._written = False
                    await table.announce(connection)
                if await _look(connection, settling, tail):
                    tail.confirmed_at = began
                self.looked_at = time.monotonic()
            await self._pause(connection, settling)

    async def _pause(self, connection: Connection, settling: Settling) -> None:
        """Wait for a signal, of this process or of another; where ids are missing not for long."""
        await asyncio.sleep(SHORTEST_PAUSE_SECONDS)
        await wait_for_signal(connection, self._wake, _longest_pause(settling))


async def _look(connection: Connection, settling: Settling, tail: Tail) -> bool:
    """Tell what is new; whether that is all that is committed."""
    while True:
        records = await table.newer(connection, tail.head.event_id, BATCH)
        sure = settling.sure(records, tail.head.event_id)
        if sure:
            tail.add(sure)
        if len(sure) < len(records):
            if not await settling.settle(connection, tail.head.event_id):
                return False
        elif len(records) < BATCH:
            settling.nothing_is_missing()
            return True


def _longest_pause(settling: Settling) -> float:
    """What rolls back gives no signal: look again soon, less often the longer it takes."""
    waiting = settling.waiting_seconds
    return LONGEST_PAUSE_SECONDS if waiting is None else min(waiting, LONGEST_PAUSE_SECONDS)
