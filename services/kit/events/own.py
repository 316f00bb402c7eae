"""The events of this service, told to all who watch them: here, or by the event service."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection, Sequence
from typing import NamedTuple

from google.protobuf.any_pb2 import Any
from google.protobuf.timestamp_pb2 import Timestamp

from services.kit.data.database import Database
from services.kit.events import history, readers
from services.kit.events.hub import Hub
from services.kit.events.position import Position, read_position
from services.kit.events.table import Record
from services.kit.events.tail import ANY, Tail
from stellr.events.v1 import event_service_pb2 as pb

# In the process itself; other services are not told as often (servicer.HEARTBEAT_SECONDS).
HEARTBEAT_SECONDS = 1.0
# Watches that read the past at once; the others wait.
READING = 4
TYPE_PREFIX = "type.googleapis.com/"


class _Start(NamedTuple):
    """Where a watch begins, and which event it has told once it caught up."""

    position: Position
    newest: int


class OwnFeed:
    """Tells what the hub reads, and what happened before that from the database."""

    silence_seconds = 3.0

    def __init__(self, service: str, hub: Hub, database: Database) -> None:
        self.service = service
        self._hub = hub
        self._database = database
        self._reading = asyncio.Semaphore(READING)

    async def watch(
        self, request: pb.WatchRequest, heartbeat_seconds: float = HEARTBEAT_SECONDS
    ) -> AsyncGenerator[pb.WatchResponse, None]:
        """The answers to a watch, without end.

        InvalidFields where the position is none; DatabaseUnavailable where the events cannot be
        read any more.
        """
        tail = await self._hub.tail()
        start = await self._start(request, tail)
        if start is None:
            yield pb.WatchResponse(reset=pb.WatchResponse.Reset())
            return
        position, caught_up, kinds = start.position, False, frozenset(request.kinds)
        while True:
            records, reached = await self._next(tail, kinds, position)
            position = max(position, reached)
            for told in records:
                yield _event(told)
            if records:
                continue
            if not caught_up and position.event_id >= start.newest:
                caught_up = True
                yield _caught_up(position)
            elif await _woken(tail, kinds if caught_up else {ANY}, heartbeat_seconds):
                continue
            elif tail.is_confirmed():
                yield _heartbeat(position)

    async def acknowledge(self, kind: str, position: Position) -> None:
        """Note how far this service has dealt with a kind of its own events."""
        await asyncio.to_thread(
            readers.acknowledge, self._database, self.service, kind, position.event_id
        )

    async def _start(self, request: pb.WatchRequest, tail: Tail) -> _Start | None:
        """Where the watch begins; None where its position is not one of this database."""
        seconds = request.look_back.ToMicroseconds() / 1e6
        position = read_position(request.position)
        if request.HasField("look_back") and not seconds:
            return _Start(tail.head, tail.head.event_id)
        async with self._reading:
            if request.HasField("look_back"):
                position = await asyncio.to_thread(history.before, self._database, seconds)
            found = await asyncio.to_thread(history.find, self._database, position)
        return _Start(position, found.newest) if found.is_known else None

    async def _next(
        self, tail: Tail, kinds: Collection[str], position: Position
    ) -> tuple[Sequence[Record], Position]:
        """The next events after a position, and up to where these are all."""
        head = tail.head
        if tail.reaches(position):
            return tail.after(position, kinds), head
        async with self._reading:
            records = await asyncio.to_thread(history.read, self._database, kinds, position, head)
        return records, head if len(records) < history.PAGE else records[-1].position


async def _woken(tail: Tail, kinds: Collection[str], seconds: float) -> bool:
    """Whether something of these kinds happened within the time."""
    try:
        async with asyncio.timeout(seconds):
            await tail.wait(kinds)
    except TimeoutError:
        return False
    return True


def _event(told: Record) -> pb.WatchResponse:
    create_time = Timestamp()
    create_time.FromMicroseconds(told.position.written_at)
    event = pb.Event(
        payload=Any(type_url=TYPE_PREFIX + told.kind, value=told.payload),
        create_time=create_time,
        request_id=told.request_id,
        traceparent=told.traceparent,
    )
    return pb.WatchResponse(position=str(told.position), event=event)


def _caught_up(position: Position) -> pb.WatchResponse:
    return pb.WatchResponse(position=str(position), caught_up=pb.WatchResponse.CaughtUp())


def _heartbeat(position: Position) -> pb.WatchResponse:
    return pb.WatchResponse(position=str(position), heartbeat=pb.WatchResponse.Heartbeat())
