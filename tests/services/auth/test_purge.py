from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.auth.models import (
    Account,
    AuditEvent,
    AuthBase,
    Budget,
    KnownDevice,
    OpenIdUse,
    Session,
    Verification,
)
from services.auth.repository import past
from services.auth.repository.accounts import NewAccount, create_account
from services.kit.data.database import Database
from services.kit.data.purge import batch_of
from tests.services.auth.own_auth import built
from tests.support import Stack

NOW = datetime.now(UTC)
PURGED = (Session, Verification, Budget, AuditEvent, KnownDevice, OpenIdUse)
YEAR, DAY = timedelta(days=365), timedelta(days=1)


def rows(long_ago: datetime, lately: datetime, account: Any) -> list[AuthBase]:
    """Of each kind one that is long past, and one that may still matter."""
    session = {"account_id": account, "salt": "", "device": "", "address": ""}
    code = {"purpose": "register", "address": "a@b.example", "code_hash": ""}
    return [
        Session(**session, expires_at=long_ago),
        Session(**session, expires_at=NOW + YEAR, ended_at=long_ago),
        Session(**session, expires_at=NOW + YEAR, ended_at=lately),
        Session(**session, expires_at=NOW + YEAR),
        Verification(**code, expires_at=long_ago),
        Verification(**code, expires_at=lately),
        Budget(subject="a@b.example", name="mails", spent=1, since=long_ago),
        Budget(subject="a@b.example", name="guesses", spent=1, since=NOW),
        AuditEvent(account_id=account, type="signed_in", occurred_at=long_ago),
        AuditEvent(account_id=account, type="signed_in", occurred_at=lately),
        KnownDevice(account_id=account, agent="", network="1", last_seen_at=long_ago),
        KnownDevice(account_id=account, agent="", network="2", last_seen_at=lately),
        OpenIdUse(digest="1", expires_at=lately),
        OpenIdUse(digest="2", expires_at=NOW + DAY),
    ]


def test_auth_forgets_what_is_long_past_and_nothing_else(
    stack: Stack, database_of: Callable[[str], Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    database = database_of("auth")
    with database.transaction() as unit:
        account = create_account(database, NewAccount("a@b.example", None, "A", "en"), [])
        assert account is not None
        unit.session.add_all(rows(NOW - YEAR - DAY, NOW - DAY, account.account_id))
    runtime, domain = built(stack, database, monkeypatch)
    periodic = next(each for each in domain.periodic if each.name == "forget_the_past")
    with runtime.database.transaction():
        assert periodic.function() is False
    runtime.close()
    with database.transaction() as unit:
        left = {
            model: unit.session.scalar(sa.select(sa.func.count()).select_from(model))
            for model in (Account, *PURGED)
        }
    assert left == {Account: 1, **dict.fromkeys(PURGED, 1), Session: 2}


def test_each_table_that_is_purged_is_tried() -> None:
    assert {model.__table__ for model in PURGED} == {table for table, _ in past.LONG_PAST}


def test_a_batch_that_is_full_asks_for_another(database_of: Callable[[str], Database]) -> None:
    database = database_of("auth")
    with database.transaction() as unit:
        unit.session.execute(
            sa.insert(Verification).from_select(
                ["purpose", "address", "code_hash", "expires_at"],
                sa.select(
                    sa.literal("register"),
                    sa.literal("a@b.example"),
                    sa.literal(""),
                    sa.literal(NOW - YEAR),
                ).select_from(sa.func.generate_series(1, past.BATCH + 1).alias()),
            )
        )
    more = []
    for _ in range(2):
        with database.transaction():
            more.append(past.purge(database))
    assert more == [True, False]
    with database.transaction() as unit:
        assert unit.session.scalar(sa.select(sa.func.count()).select_from(Verification)) == 0


def test_no_purge_reads_a_whole_table(database_of: Callable[[str], Database]) -> None:
    with psycopg.connect(database_of("auth").url) as connection:
        connection.execute("SET enable_seqscan = off")
        for table, condition in past.LONG_PAST:
            plan = "\n".join(explained(connection, batch_of(table, condition)))
            assert "Index" in plan, plan
            assert "Seq Scan" not in plan, plan


def test_an_erasure_reads_no_whole_table_of_codes(database_of: Callable[[str], Database]) -> None:
    with psycopg.connect(database_of("auth").url) as connection:
        connection.execute("SET enable_seqscan = off")
        codes = sa.delete(Verification).where(Verification.address.in_(["a@b.example"]))
        plan = "\n".join(explained(connection, codes))
    assert "verifications_address" in plan


def explained(connection: psycopg.Connection[Any], statement: sa.Executable) -> list[str]:
    literal = {"literal_binds": True}
    compiled = statement.compile(dialect=postgresql.dialect(), compile_kwargs=literal)
    return [line for (line,) in connection.execute(f"EXPLAIN {compiled}".encode())]
