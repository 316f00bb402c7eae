"""Writes events as any client of the database may: by plain transactions."""

from __future__ import annotations

from typing import Any

import psycopg

from services.kit.data.database import Database
from stellr.auth.v1 import events_pb2

KIND = "stellr.auth.v1.PersonErased"
_INSERT = "INSERT INTO events (kind, payload, request_id) VALUES (%s, %s, '') RETURNING event_id"


def connect(database: Database) -> psycopg.Connection[Any]:
    """A connection of a test's own."""
    return psycopg.connect(database.url)


def insert(connection: psycopg.Connection[Any], user_id: str = "", kind: str = KIND) -> int:
    """Add an event to the open transaction; its id."""
    payload = events_pb2.PersonErased(user_id=user_id).SerializeToString()
    row = connection.execute(_INSERT, [kind, payload]).fetchone()
    assert row is not None
    return int(row[0])


def write(database: Database, *user_ids: str, kind: str = KIND) -> list[int]:
    """Events, each in a transaction of its own; their ids."""
    with connect(database) as connection:
        ids = []
        for user_id in user_ids:
            ids.append(insert(connection, user_id, kind))
            connection.commit()
        return ids


def execute(database: Database, statement: str) -> list[tuple[Any, ...]]:
    """Run one statement; its rows."""
    with psycopg.connect(database.url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


END = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE application_name = 'events' AND datname = current_database()"
)


def end_hubs(database: Database) -> None:
    """Have hubs lose their connections."""
    execute(database, END)


def restored(database: Database, copy: Database, up_to: int) -> None:
    """Fill another database with what this one had in its backup."""
    rows = execute(database, f"SELECT * FROM events WHERE event_id <= {up_to}")
    with connect(copy) as connection:
        connection.cursor().executemany(
            "INSERT INTO events OVERRIDING SYSTEM VALUE VALUES (%s, %s, %s, %s, %s, %s)", rows
        )
        connection.execute(f"SELECT setval('events_event_id_seq', {up_to})")
