"""Deals with events for good: what is done about one, and that it is done, are kept together."""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import aclosing
from enum import Enum, auto

import structlog

from services.kit.data.database import Database
from services.kit.events import cursors, set_aside
from services.kit.events.consumer import Consumer
from services.kit.events.position import BEGINNING, Position, read_position
from services.kit.events.watching import Feed, again, hear
from services.kit.metrics import Metrics
from services.kit.work.failures import describe
from services.kit.work.pauses import growing_pause
from services.kit.work.retries import passes
from stellr.events.v1 import event_service_pb2 as pb

log = structlog.get_logger("stellr.events")

# What fails this often, for a reason that does not pass by itself, is set aside: after a minute.
MOST_ATTEMPTS = 8
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
# While another process of the service is at the event.
TAKEN_SECONDS = 0.1
ACKNOWLEDGE_SECONDS = 10.0
# Also where nothing happens: who is silent for minutes may be forgotten (readers.ACTIVE_MINUTES).
STILL_HERE_SECONDS = 60.0

NEVER = float("-inf")


class _Outcome(Enum):
    DONE = auto()
    TAKEN = auto()
    FAILED = auto()
    # The cursor went back: another process heard that the feed begins anew.
    BACK = auto()


class Consuming:
    """Deals with one kind of event, one after the other; `run` is for the supervisor.

    The other processes of the service do the same: whoever has the cursor deals with the event.
    """

    def __init__(
        self, consumer: Consumer, feed: Feed, database: Database, metrics: Metrics
    ) -> None:
        self._consumer = consumer
        self._kind = consumer.kind
        self._feed = feed
        self._database = database
        self._metrics = metrics
        self._position = BEGINNING
        self._acknowledged: Position | None = None
        self._acknowledged_at = NEVER
        # time.monotonic() of the first failure at the event that it is at.
        self._failing_since: float | None = None

    @property
    def failing_seconds(self) -> float:
        """For how long it has failed at one event; 0 where it does not."""
        since = self._failing_since
        return 0.0 if since is None else time.monotonic() - since

    async def run(self) -> None:
        """Deal with events for ever."""
        await again(f"consume {self._kind}", self._watch)

    async def _watch(self) -> None:
        self._position = await asyncio.to_thread(cursors.begin, self._database, self._kind)
        # Before anything is read: from now on nothing is purged that is not acknowledged.
        self._acknowledged, self._acknowledged_at = None, NEVER
        await self._acknowledge()
        request = pb.WatchRequest(kinds=[self._kind], position=str(self._position))
        async with aclosing(hear(self._feed, request)) as answers:
            async for answer in answers:
                if not await self._take(answer):
                    return
                await self._acknowledge()

    async def _take(self, answer: pb.WatchResponse) -> bool:
        """Deal with an answer; whether the watch goes on."""
        if answer.HasField("reset"):
            await asyncio.to_thread(self._begin_anew)
            return False
        if answer.HasField("event"):
            return await self._insist(read_position(answer.position), answer.event)
        return True

    async def _insist(self, position: Position, event: pb.Event) -> bool:
        """Try until the event is dealt with, by this process or another, or set aside."""
        failures = 0
        while True:
            outcome = await asyncio.to_thread(self._try, position, event)
            if outcome is not _Outcome.FAILED:
                self._failing_since = None
            match outcome:
                case _Outcome.DONE:
                    self._position = max(self._position, position)
                    return True
                case _Outcome.BACK:
                    return False
                case _Outcome.TAKEN:
                    await asyncio.sleep(TAKEN_SECONDS)
                case _Outcome.FAILED:
                    failures += 1
                    self._failing_since = self._failing_since or time.monotonic()
                    pause = growing_pause(failures, FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)
                    await asyncio.sleep(pause * random.uniform(0.75, 1.25))  # noqa: S311
                    await self._acknowledge()

    def _try(self, position: Position, event: pb.Event) -> _Outcome:
        with self._consumer.called(event.request_id, event.traceparent):
            try:
                return self._deal_with(position, event)
            except Exception as error:
                return self._fail(position, event, error)

    def _deal_with(self, position: Position, event: pb.Event) -> _Outcome:
        begun = time.perf_counter()
        with self._database.transaction():
            outcome = self._turn(position)
            if outcome is not None:
                return outcome
            self._consumer.deal_with(event.payload.value)
            cursors.move(self._database, self._kind, position)
        self._metrics.event(self._kind, "ok")
        duration = round((time.perf_counter() - begun) * 1000, 1)
        log.info("event", kind=self._kind, outcome="ok", duration_ms=duration)
        return _Outcome.DONE

    def _turn(self, position: Position) -> _Outcome | None:
        """Take the cursor for this transaction, or tell why the event is not to be dealt with."""
        cursor = cursors.take(self._database, self._kind)
        if cursor is None:
            return _Outcome.TAKEN
        if cursor < self._position:
            return _Outcome.BACK
        self._position = cursor
        return _Outcome.DONE if cursor >= position else None

    def _fail(self, position: Position, event: pb.Event, error: Exception) -> _Outcome:
        self._metrics.event(self._kind, "failed")
        reason = describe(error)
        log.warning("event failed", kind=self._kind, request_id=event.request_id, error=reason)
        if passes(error):
            return _Outcome.FAILED
        try:
            attempts = cursors.count_attempt(self._database, self._kind, self._position)
            if attempts >= MOST_ATTEMPTS:
                return self._set_aside(position, event, attempts, reason)
        except Exception as another:
            log.warning("a failed event is not counted", kind=self._kind, error=describe(another))
        return _Outcome.FAILED

    def _set_aside(
        self, position: Position, event: pb.Event, attempts: int, reason: str
    ) -> _Outcome:
        with self._database.transaction():
            outcome = self._turn(position)
            if outcome is not None:
                return outcome
            set_aside.keep(
                self._database,
                kind=self._kind,
                position=str(position),
                payload=event.payload.value,
                request_id=event.request_id,
                attempts=attempts,
                reason=reason,
            )
            cursors.move(self._database, self._kind, position)
        self._metrics.event(self._kind, "set aside")
        log.error("event set aside", kind=self._kind, request_id=event.request_id, error=reason)
        return _Outcome.DONE

    def _begin_anew(self) -> None:
        """Go back to the beginning, if no other process of the service has done so."""
        with self._database.transaction():
            if cursors.take(self._database, self._kind) == self._position:
                cursors.move(self._database, self._kind, BEGINNING)
        log.warning("events are dealt with from the beginning", kind=self._kind)

    async def _acknowledge(self) -> None:
        """Tell where this service stands, now and then."""
        now = asyncio.get_running_loop().time()
        moved = self._position != self._acknowledged
        pause = ACKNOWLEDGE_SECONDS if moved else STILL_HERE_SECONDS
        if now >= self._acknowledged_at + pause:
            await self._feed.acknowledge(self._kind, self._position)
            self._acknowledged = self._position
            self._acknowledged_at = now
