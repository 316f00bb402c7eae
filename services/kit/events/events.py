"""The events of a process: those of its service, those of others, and what they keep true."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, partial
from typing import Any, TypeVar

from google.protobuf.message import Message

from services.kit.data.database import Database
from services.kit.events import readers, set_aside
from services.kit.events.cache import SETTLING_SECONDS, Dropping, EventCache
from services.kit.events.consumer import Consumer
from services.kit.events.consuming import Consuming
from services.kit.events.hub import Hub
from services.kit.events.kinds import service_of
from services.kit.events.listener import Listener
from services.kit.events.outbox import Outbox
from services.kit.events.own import OwnFeed
from services.kit.events.peer import PeerFeed
from services.kit.events.retrying import Retrying
from services.kit.events.servicer import EventServicer
from services.kit.events.watching import Feed
from services.kit.metrics import Metrics
from services.kit.rpc.clients import MeshChannel
from services.kit.rpc.server import Registration
from services.kit.work.periodic import Periodic, start_periodic
from services.kit.work.supervisor import Supervisor
from stellr.events.v1.event_service_pb2_grpc import add_EventServiceServicer_to_server

Happening = TypeVar("Happening", bound=Message)

Drops = Mapping[type[Message], Callable[[Any], str]]
"""Kinds of event, and the subject that changed by the event."""

PURGE_SECONDS = 600.0
LOOK_SECONDS = 15.0
# After so long events stand still: who hears nothing knows neither who was signed out nor what
# changed; what fails for so long is not set aside, as whoever is asked about it is away.
SILENT_SECONDS = 60.0
FAILING_SECONDS = 300.0


class Events:
    """What a service does with events: all is declared before `start`.

    `channel` gives the channel to another service whose events are followed.
    """

    def __init__(
        self,
        service: str,
        database: Database | None,
        channel: Callable[[str], MeshChannel],
        metrics: Metrics,
        tell: Callable[[bool], None] = lambda _: None,
    ) -> None:
        """`tell` hears now and then whether this process gets on with them."""
        self._service = service
        self._tell = tell
        self._started_at = time.monotonic()
        self._maybe_database = database
        self._channel = channel
        self._metrics = metrics
        self._feeds: dict[str, Feed] = {}
        self._listeners: dict[str, Listener] = {}
        self._consumers: dict[str, Consumer] = {}
        self._consuming: list[Consuming] = []
        # By their names, for metrics.
        self.caches: dict[str, EventCache[Any]] = {}
        self._set_aside: int | None = None
        self._unread: Sequence[readers.Reader] = ()
        self._measure()

    # What is declared

    def append(self, event: Message, *, awaited: bool = False) -> None:
        """Tell of something in the open transaction: Outbox.append."""
        self._outbox.append(event, awaited=awaited)

    def row(self, event: Message) -> dict[str, Any]:
        """An event for a statement that writes it beside other things: Outbox.row."""
        return self._outbox.row(event)

    def told(self, event: Message) -> None:
        """Say that a statement wrote an event: Outbox.told."""
        self._outbox.told(event)

    def listen(
        self, kind: type[Happening], tell: Callable[[Happening], None], *, look_back: float = 0.0
    ) -> None:
        """Be told in memory: Listener.listen."""
        self.listener(service_of(kind)).listen(kind, tell, look_back=look_back)

    def listener(self, service: str) -> Listener:
        """Who listens to a service for all of this process."""
        if service not in self._listeners:
            self._listeners[service] = Listener(self._feed(service))
        return self._listeners[service]

    def cache(self, name: str, *, size: int, drops: Drops) -> EventCache[Any]:
        """A cache of at most `size` values; each kind of event drops what depends on the subject
        that its function returns."""
        services = sorted({service_of(kind) for kind in drops})
        cache: EventCache[Any] = EventCache(size, [self.listener(one) for one in services])
        self.caches[name] = cache
        for service in services:
            self.listener(service).on_begin(partial(cache.clear, self._settling(service)))
        for kind, subject_of in drops.items():
            self._drop(kind, Dropping(name, cache, subject_of, self._settling(service_of(kind))))
        return cache

    def consume(self, consumers: Iterable[Consumer]) -> None:
        """Have events dealt with for good. ValueError for a second consumer of a kind."""
        for consumer in consumers:
            if consumer.kind in self._consumers:
                raise ValueError(f"there are two consumers of {consumer.kind}")
            self._consumers[consumer.kind] = consumer

    def registrations(self) -> list[Registration]:
        """What is served of it to other services; nothing without a database."""
        if self._maybe_database is None:
            return []
        servicer = EventServicer(self._own, self._database)
        return [Registration(add_EventServiceServicer_to_server, servicer)]

    def at_commit(self, kind: type[Happening], tell: Callable[[Happening], None]) -> None:
        """Be called when an event of this very process is committed: Outbox.at_commit."""
        self._outbox.at_commit(kind, tell)

    # What runs

    def start(self, supervisor: Supervisor) -> None:
        """Begin with all that was declared."""
        if self._maybe_database is not None:
            supervisor.add("events", self._hub.run)
        work = self._housekeeping()
        start_periodic(supervisor, self._maybe_database, self._metrics, work)
        for service, listener in self._listeners.items():
            supervisor.add(f"listen to {service}", listener.run)
        for kind, consumer in self._consumers.items():
            consuming = Consuming(
                consumer, self._feed(service_of(consumer.type)), self._database, self._metrics
            )
            self._consuming.append(consuming)
            supervisor.add(f"consume {kind}", consuming.run)
        if self._consumers:
            retrying = Retrying(tuple(self._consumers.values()), self._database, self._metrics)
            supervisor.add("events set aside", retrying.run)

    def heard_at(self) -> float:
        """time.monotonic() at which the database last told what is new; -inf before that."""
        return self._hub.looked_at

    def stop(self) -> None:
        """End the watches of others, who then go on with another process; any thread."""
        if self._maybe_database is not None:
            self._hub.stop()

    def _housekeeping(self) -> list[Periodic]:
        look = Periodic("look_at_events", LOOK_SECONDS, self.look, everywhere=True)
        if self._maybe_database is None:
            return [look]
        return [
            look,
            Periodic("purge_events", PURGE_SECONDS, partial(readers.purge, self._database)),
        ]

    def look(self) -> None:
        """Look at how far all are, for metrics and health checks."""
        self._tell(not self._stand_still())
        if self._maybe_database is not None:
            self._set_aside = set_aside.count(self._database)
            self._unread = readers.find_readers(self._database)

    def _stand_still(self) -> bool:
        """Whether this process does not hear of a service, or fails at an event, for minutes."""
        running = time.monotonic() - self._started_at
        silent = [min(each.silent_seconds, running) for each in self._listeners.values()]
        failing = [each.failing_seconds for each in self._consuming]
        return any(each > SILENT_SECONDS for each in silent) or any(
            each > FAILING_SECONDS for each in failing
        )

    def _measure(self) -> None:
        """Have it measured how far all are behind."""
        gauge = self._metrics.gauge
        gauge(
            "stellr_events_silent_seconds",
            "Time since this process last knew for sure what happened in a service.",
            lambda: {(name,): one.silent_seconds for name, one in list(self._listeners.items())},
            "source",
        )
        if self._maybe_database is None:
            return
        gauge(
            "stellr_events_set_aside",
            "Events that could not be dealt with and wait for an operator.",
            lambda: {} if self._set_aside is None else {(): self._set_aside},
        )
        gauge(
            "stellr_events_unread_seconds",
            "Age of the oldest event of this service that a reader has not dealt with.",
            lambda: {(each.reader, each.kind): each.behind_seconds for each in self._unread},
            "reader",
            "kind",
        )

    # What it is made of

    @property
    def _database(self) -> Database:
        if self._maybe_database is None:
            raise ValueError(f"{self._service} has no database")
        return self._maybe_database

    @cached_property
    def _hub(self) -> Hub:
        return Hub(self._database.listen_url)

    @cached_property
    def _own(self) -> OwnFeed:
        return OwnFeed(self._service, self._hub, self._database)

    @cached_property
    def _outbox(self) -> Outbox:
        return Outbox(self._service, self._database, self._hub)

    def _feed(self, service: str) -> Feed:
        if service not in self._feeds:
            is_own = service == self._service
            self._feeds[service] = self._own if is_own else PeerFeed(self._channel(service))
        return self._feeds[service]

    def _settling(self, service: str) -> float:
        return 0.0 if service == self._service else SETTLING_SECONDS

    def _drop(self, kind: type[Message], dropping: Callable[[Message], None]) -> None:
        self.listen(kind, dropping)
        if service_of(kind) == self._service:
            # Who wrote must not read the past, nor wait for the hub.
            self._outbox.at_commit(kind, dropping)
