"""Nothing is kept for longer than it is of use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.dml import ReturningDelete

from services.kit.data.database import Database
from services.kit.data.purge import BATCH, batch_of
from services.notification import repository


@pytest.fixture
def database(database_of: Callable[[str], Database]) -> Database:
    return database_of("notification")


def add(database: Database, state: str, days: float, rows: int = 1) -> None:
    with database.transaction() as unit:
        unit.connection.execute(
            "INSERT INTO notifications (notification_id, user_id, template, state, created_at)"
            " SELECT gen_random_uuid(), %s, 'welcome', %s, now() - make_interval(secs => %s)"
            " FROM generate_series(1, %s)",
            (uuid4(), state, days * 86400, rows),
        )


def states(database: Database) -> list[str]:
    with database.transaction() as unit:
        rows = unit.connection.execute("SELECT state FROM notifications ORDER BY state")
        return [state for (state,) in rows]


def purge(database: Database) -> bool:
    with database.transaction():
        return repository.purge(database)


def test_what_is_old_goes_and_what_is_of_use_stays(database: Database) -> None:
    for state in ("sent", "dead", "unsent", "queued"):
        add(database, state, 91)
        add(database, state, 89)
    add(database, "waiting", 8)
    add(database, "waiting", 6)
    assert not purge(database)
    assert states(database) == ["dead", "queued", "sent", "unsent", "waiting"]


def test_much_goes_batch_by_batch(database: Database) -> None:
    add(database, "sent", 91, BATCH + 5)
    add(database, "waiting", 8, BATCH + 5)
    rounds = 1
    while purge(database):
        rounds += 1
    assert rounds > 2
    assert states(database) == []


def test_an_index_finds_what_is_old(database: Database) -> None:
    with psycopg.connect(database.url) as connection:
        connection.execute("SET enable_seqscan = off")
        for table, condition in repository.LONG_PAST:
            plan = "\n".join(_explained(connection, batch_of(table, condition)))
            assert "Index" in plan, plan
            assert "Seq Scan" not in plan, plan


def _explained(connection: psycopg.Connection[Any], statement: ReturningDelete[Any]) -> list[str]:
    literal = {"literal_binds": True}
    dialect: Any = postgresql.dialect()  # type: ignore[no-untyped-call]
    compiled = statement.compile(dialect=dialect, compile_kwargs=literal)
    return [line for (line,) in connection.execute(f"EXPLAIN {compiled}".encode())]
