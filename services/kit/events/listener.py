"""Tells this process what happens in a service, for what it keeps in memory."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import aclosing
from typing import Any, NamedTuple, TypeVar

import structlog
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message

from services.kit.events.kinds import kind_of
from services.kit.events.watching import Feed, again, hear
from services.kit.work.failures import describe
from stellr.events.v1 import event_service_pb2 as pb

log = structlog.get_logger("stellr.events")
NEVER = float("-inf")
Happening = TypeVar("Happening", bound=Message)


class _Listening(NamedTuple):
    kind: type[Message]
    tell: Callable[[Any], None]


class Listener:
    """Holds one watch of a service open for all in this process who listen to it.

    They are called on the loop, so they only take note. `live_until` is the time.monotonic() up to
    which they know what happens: in the past while no watch stands.
    """

    def __init__(self, feed: Feed) -> None:
        self.live_until = 0.0
        # time.monotonic() up to which they knew for sure.
        self.known_at = NEVER
        # Set once a watch has caught up for the first time.
        self.caught_up = threading.Event()
        self._feed = feed
        self._listening: dict[str, list[_Listening]] = {}
        self._begin: list[Callable[[], None]] = []
        self._look_back = 0.0
        self._position = ""
        self._heard_at = 0.0
        self._is_live = False

    @property
    def silent_seconds(self) -> float:
        """Since when they know nothing for sure; infinite before the first time."""
        return time.monotonic() - self.known_at

    def listen(
        self, kind: type[Happening], tell: Callable[[Happening], None], *, look_back: float = 0.0
    ) -> None:
        """Be told of a kind of event, in a first watch of those of the last seconds too.

        In later watches of all since the watch before, if that stood within those seconds.
        """
        self._listening.setdefault(kind_of(kind), []).append(_Listening(kind, tell))
        self._look_back = max(self._look_back, look_back)

    def on_begin(self, call: Callable[[], None]) -> None:
        """Be called when a watch has caught up. What happened before may not have been told."""
        self._begin.append(call)

    async def run(self) -> None:
        """Watch for ever; for the supervisor."""
        await again(f"listen to {self._feed.service}", self._watch)

    async def _watch(self) -> None:
        self._is_live = False
        try:
            async with aclosing(hear(self._feed, self._request())) as answers:
                async for answer in answers:
                    self._take(answer)
        finally:
            self.live_until = 0.0

    def _request(self) -> pb.WatchRequest:
        kinds = sorted(self._listening)
        if self._position and time.monotonic() - self._heard_at < self._look_back:
            return pb.WatchRequest(kinds=kinds, position=self._position)
        look_back = Duration()
        look_back.FromMicroseconds(round(self._look_back * 1e6))
        return pb.WatchRequest(kinds=kinds, look_back=look_back)

    def _take(self, answer: pb.WatchResponse) -> None:
        match answer.WhichOneof("message"):
            case "event":
                self._tell(answer.event)
            case "caught_up":
                self._catch_up()
            case "reset":
                log.warning("events begin anew", service=self._feed.service)
        self._position, self._heard_at = answer.position, time.monotonic()
        if self._is_live:
            self.known_at = self._heard_at
            self.live_until = self._heard_at + self._feed.silence_seconds

    def _tell(self, event: pb.Event) -> None:
        name = event.payload.TypeName()
        for kind, tell in self._listening.get(name, ()):
            try:
                tell(kind.FromString(event.payload.value))
            except Exception as error:
                # One who cannot take it must not keep it from the others.
                log.error("event not taken", kind=name, error=describe(error))

    def _catch_up(self) -> None:
        for begin in self._begin:
            begin()
        self._is_live = True
        self.caught_up.set()
