"""Writes down what happened in this service, in the transaction in which it happens."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from google.protobuf.message import Message

from services.kit import call as calls
from services.kit.data.database import Database
from services.kit.data.statements import Write, nothing
from services.kit.events.hub import Hub
from services.kit.events.kinds import kind_of, service_of

Happening = TypeVar("Happening", bound=Message)

_INSERT = Write(
    "INSERT INTO events (kind, payload, request_id) VALUES (:kind, :payload, :request_id)", nothing
)


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

    def append(self, event: Message) -> None:
        """Add an event, best at the end of its transaction: what others write after it waits.

        ValueError for an event of another service.
        """
        self._database.run(_INSERT, **self.row(event))
        self.told(event)

    def row(self, event: Message) -> dict[str, Any]:
        """The columns of an event, for a statement that writes it beside other things.

        They are kind, payload and request_id. ValueError for an event of another service.
        """
        kind = kind_of(event)
        if service_of(event) != self._service:
            raise ValueError(f"{kind} is not an event of this service")
        call = calls.current()
        request_id = "" if call is None else call.request_id
        return {"kind": kind, "payload": event.SerializeToString(), "request_id": request_id}

    def told(self, event: Message) -> None:
        """Say that the request wrote such a row: from its commit on the event is told."""
        self._database.after_commit(partial(self._tell, event))

    def at_commit(self, kind: type[Happening], tell: Callable[[Happening], None]) -> None:
        """Be called as soon as an event of this very process is committed, in the thread of it."""
        self._at_commit[kind_of(kind)].append(tell)

    def _tell(self, event: Message) -> None:
        for tell in self._at_commit.get(kind_of(event), ()):
            tell(event)
        self._hub.written()
