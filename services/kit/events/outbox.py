"""Writes down what happened in this service, in the transaction in which it happens."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from google.protobuf.message import Message

from services.kit import call as calls
from services.kit.data.database import Database
from services.kit.data.statements import Write
from services.kit.events.hub import Hub
from services.kit.events.kinds import kind_of, service_of

Happening = TypeVar("Happening", bound=Message)

_INSERT = Write(
    """
    INSERT INTO events (kind, payload, request_id, traceparent)
    VALUES (:kind, :payload, :request_id, :traceparent)
    RETURNING event_id
    """,
    int,
)
# From when an event is told until all who watch have taken note: other processes of this service
# look into their database within 10 ms, streams take a few more.
SPREAD_SECONDS = 0.02
# An answer waits no longer for what only makes it nicer.
LONGEST_WAIT_SECONDS = 0.2


class Outbox:
    """Appends events to the transaction that is open.

    Nothing is signalled before the commit: NOTIFY in a transaction would have all that notify queue
    up for their commits, as PostgreSQL keeps its notifications in order.
    """

    def __init__(self, service: str, database: Database, hub: Hub) -> None:
        self._service = service
        self._database = database
        self._hub = hub
        self._at_commit: defaultdict[str, list[Callable[[Any], None]]] = defaultdict(list)

    def append(self, event: Message, *, awaited: bool = False) -> None:
        """Add an event, best at the end of its transaction: what others write after it waits.

        An `awaited` one holds the answer to the request until all services have heard of it: who
        got the answer then finds it to be so everywhere, in general. ValueError for an event of
        another service.
        """
        event_id = self._database.one(_INSERT, **self.row(event))
        self.told(event)
        if awaited:
            self._database.after_commit(partial(self._await, event_id), key=self)

    def row(self, event: Message) -> dict[str, Any]:
        """The columns of an event, for a statement that writes it beside other things.

        They are kind, payload, request_id and traceparent. ValueError for an event of another
        service.
        """
        kind = kind_of(event)
        if service_of(event) != self._service:
            raise ValueError(f"{kind} is not an event of this service")
        call = calls.current()
        return {
            "kind": kind,
            "payload": event.SerializeToString(),
            "request_id": "" if call is None else call.request_id,
            "traceparent": "" if call is None else call.traceparent,
        }

    def told(self, event: Message) -> None:
        """Say that the request wrote such a row: from its commit on the event is told."""
        self._database.after_commit(partial(self._tell, event))

    def at_commit(self, kind: type[Happening], tell: Callable[[Happening], None]) -> None:
        """Be called as soon as an event of this very process is committed, in the thread of it."""
        self._at_commit[kind_of(kind)].append(tell)

    def _await(self, event_id: int) -> None:
        if self._hub.wait_told(event_id, LONGEST_WAIT_SECONDS):
            time.sleep(SPREAD_SECONDS)

    def _tell(self, event: Message) -> None:
        for tell in self._at_commit.get(kind_of(event), ()):
            tell(event)
        self._hub.written()
