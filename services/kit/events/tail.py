"""The newest events of a service, shared by all who follow them; used on the loop alone.

Followers have no queues: each reads on from where it stands. One that is slow is overtaken and
reads the database again, and holds up nobody.
"""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Sequence

from services.kit.errors import DatabaseUnavailable
from services.kit.events.position import Position
from services.kit.events.table import Record

KEPT = 1000
# Nothing is confirmed while ids are missing or the database does not answer. Longer than the hub
# pauses between two looks.
CONFIRMED_SECONDS = 3.0
# Wakes at any event.
ANY = ""


class Tail:
    """What the hub has read since it listens, from the position `head` on."""

    def __init__(self, head: Position) -> None:
        self.head = head
        # time.monotonic() before which all that was committed has been told.
        self.confirmed_at = time.monotonic()
        self._begin = head.event_id
        self._records: list[Record] = []
        self._waiting: defaultdict[str, set[asyncio.Future[None]]] = defaultdict(set)
        self._ended = False

    def add(self, records: Sequence[Record]) -> None:
        """Tell events to all who wait for one of their kinds."""
        self._records.extend(records)
        if len(self._records) > 2 * KEPT:
            self._begin = self._records[-KEPT - 1].position.event_id
            del self._records[:-KEPT]
        self.head = records[-1].position
        for kind in {ANY, *(record.kind for record in records)}:
            self._wake(kind)

    def is_confirmed(self) -> bool:
        """Whether all that was committed some seconds ago has been told."""
        return time.monotonic() - self.confirmed_at < CONFIRMED_SECONDS

    def reaches(self, position: Position) -> bool:
        """Whether all events after the position are still here."""
        return position.event_id >= self._begin

    def after(self, position: Position, kinds: Collection[str]) -> list[Record]:
        """The events of these kinds after a position, oldest first."""
        first = bisect_right(self._records, position.event_id, key=_event_id)
        return [record for record in self._records[first:] if record.kind in kinds]

    async def wait(self, kinds: Collection[str]) -> None:
        """Wait for an event of these kinds. DatabaseUnavailable where the tail has ended."""
        if self._ended:
            raise DatabaseUnavailable
        woken = asyncio.get_running_loop().create_future()
        for kind in kinds:
            self._waiting[kind].add(woken)
        try:
            await woken
        finally:
            for kind in kinds:
                self._waiting[kind].discard(woken)

    def end(self) -> None:
        """Nothing is told any more."""
        self._ended = True
        for waiting in self._waiting.values():
            for follower in waiting:
                if not follower.done():
                    follower.set_exception(DatabaseUnavailable())

    def _wake(self, kind: str) -> None:
        for follower in self._waiting.get(kind, ()):
            if not follower.done():
                follower.set_result(None)


def _event_id(record: Record) -> int:
    return record.position.event_id
