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
from services.notification.repository import past


@pytest.fixture
def database(database_of: Callable[[str], Database]) -> Database:
    return database_of("notification")


def add(database: Database, state: str, days: float, rows: int = 1) -> None:
    """Messages that wait, or whose delivery stands so."""
    waiting = state == "waiting"
    with database.transaction() as unit:
        unit.connection.execute(
            "WITH added AS (INSERT INTO notifications"
            " (notification_id, user_id, template, data, waiting, created_at)"
            " SELECT gen_random_uuid(), %s, 'welcome', '{}', %s, now() - make_interval(secs => %s)"
            " FROM generate_series(1, %s) RETURNING notification_id, user_id, template)"
            " INSERT INTO deliveries (notification_id, user_id, template, channel, state)"
            " SELECT notification_id, user_id, template, 'email', %s FROM added WHERE NOT %s",
            (uuid4(), waiting, days * 86400, rows, state, waiting),
        )


def rows_of(database: Database, query: str) -> list[Any]:
    with database.transaction() as unit:
        return [row[0] if len(row) == 1 else row for row in unit.connection.execute(query.encode())]


def states(database: Database) -> list[str]:
    return rows_of(
        database,
        "SELECT coalesce(state, 'waiting') AS state FROM notifications"
        " LEFT JOIN deliveries USING (notification_id) ORDER BY state",
    )


def purge(database: Database) -> bool:
    with database.transaction():
        return past.purge(database)


def test_what_is_old_goes_and_what_is_of_use_stays(database: Database) -> None:
    for state in ("sent", "dead", "unsent", "queued"):
        add(database, state, 91)
        add(database, state, 89)
    add(database, "waiting", 6)
    assert not purge(database)
    assert states(database) == ["dead", "queued", "sent", "unsent", "waiting"]


def test_who_waited_for_a_card_for_a_week_is_told_in_the_history(database: Database) -> None:
    add(database, "waiting", 8)
    assert not purge(database)
    assert rows_of(database, "SELECT state, reason FROM deliveries") == [("unsent", past.NO_CARD)]
    assert (
        rows_of(database, "SELECT data FROM notifications WHERE waiting OR data IS NOT NULL") == []
    )


def test_what_was_given_up_is_remembered_for_a_month(database: Database) -> None:
    add(database, "dead", 31)
    add(database, "dead", 29)
    assert not purge(database)
    assert states(database) == ["dead", "dead"]
    assert rows_of(database, "SELECT data FROM notifications ORDER BY created_at") == [None, {}]


def test_much_goes_batch_by_batch(database: Database) -> None:
    add(database, "sent", 91, BATCH + 5)
    add(database, "waiting", 8, BATCH + 5)
    rounds = 1
    while purge(database):
        rounds += 1
    assert rounds == 2
    assert states(database) == ["unsent"] * (BATCH + 5)


def test_an_index_finds_what_is_old(database: Database) -> None:
    with psycopg.connect(database.url) as connection:
        connection.execute("SET enable_seqscan = off")
        for table, condition in past.LONG_PAST:
            plan = "\n".join(_explained(connection, batch_of(table, condition)))
            assert "Index" in plan, plan
            assert "Seq Scan" not in plan, plan


def _explained(connection: psycopg.Connection[Any], statement: ReturningDelete[Any]) -> list[str]:
    literal = {"literal_binds": True}
    dialect: Any = postgresql.dialect()  # type: ignore[no-untyped-call]
    compiled = statement.compile(dialect=dialect, compile_kwargs=literal)
    return [line for (line,) in connection.execute(f"EXPLAIN {compiled}".encode())]
