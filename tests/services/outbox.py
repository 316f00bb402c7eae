"""What a service wrote of its events, and events written as the service itself would."""

from __future__ import annotations

from typing import TypeVar

import psycopg
from google.protobuf.message import Message

from services.kit.data.database import Database
from services.kit.data.statements import Statement, scalar
from services.kit.events.kinds import kind_of

Happening = TypeVar("Happening", bound=Message)
_READ = Statement("SELECT payload FROM events WHERE kind = :kind ORDER BY event_id", scalar)
_WRITE = "INSERT INTO events (kind, payload, request_id) VALUES (%s, %s, '')"


def written(database: Database, kind: type[Happening]) -> list[Happening]:
    """The events of a kind, oldest first."""
    return [kind.FromString(payload) for payload in database.all(_READ, kind=kind_of(kind))]


def write(url: str, *events: Message) -> None:
    """Have a service tell of events, by the URL of its database."""
    with psycopg.connect(url) as connection:
        for event in events:
            connection.execute(_WRITE, [kind_of(event), event.SerializeToString()])
