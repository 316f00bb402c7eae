"""What a service does on its connections, a pooler of transactions bears (PgBouncer).

Tried with a whole stack behind a real one: deploy/README.md says how.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable

import psycopg
import pytest

from services.kit.data.database import Database
from services.kit.data.statements import Statement, scalar
from services.kit.events.hub import Hub
from tests.support import ROOT

ASK = Statement("SELECT CAST(:number AS integer)", scalar)
PREPARED = Statement("SELECT count(*) FROM pg_prepared_statements", scalar)
LIMIT = Statement("SELECT current_setting('statement_timeout')", scalar)
# Locks, settings, tables and cursors that outlive a transaction, and LISTEN.
OF_A_SESSION = re.compile(
    r"pg_(try_)?advisory_(?!xact)\w*lock|\bset_config\([^)]*false\)"
    r"|\bSET (SESSION|ROLE|TIME ZONE)\b|\bTEMP(ORARY)? TABLE|WITH HOLD|^\s*(LISTEN|PREPARE) [\w{]",
    re.MULTILINE,
)
# They have connections of their own, by the direct address.
DIRECT = {"services/kit/events/table.py", "services/kit/work/worker.py"}


def test_nothing_is_prepared_through_a_pooler(database_of: Callable[[str], Database]) -> None:
    direct = database_of("user")
    pooled = Database(direct.url, 1, listen_url=direct.url)
    try:
        for number in range(10):
            assert (direct.one(ASK, number=number), pooled.one(ASK, number=number)) == (number,) * 2
        assert (direct.one(PREPARED) > 0, pooled.one(PREPARED)) == (True, 0)
    finally:
        pooled.close()


def test_what_holds_for_a_session_is_left_to_the_pooler(
    database_of: Callable[[str], Database],
) -> None:
    direct = database_of("user")
    pooled = Database(direct.url, 1, listen_url=direct.url)
    try:
        # PgBouncer refuses a connection that brings options of its own.
        assert (direct.one(LIMIT), pooled.one(LIMIT)) == ("15s", "0")
        told = (ROOT / "deploy" / "pgbouncer" / "pgbouncer.ini").read_text()
        for setting in (
            "statement_timeout = 15000",
            "idle_in_transaction_session_timeout = 300000",
        ):
            assert f"SET {setting}" in told
    finally:
        pooled.close()


def test_who_listens_goes_past_the_pooler(database_of: Callable[[str], Database]) -> None:
    direct = database_of("user").url
    pooled = Database("postgresql://127.0.0.1:1/nowhere", 1, listen_url=direct)
    hub = Hub(pooled.listen_url)

    async def listens() -> bool:
        running = asyncio.create_task(hub.run())
        try:
            return await hub.tail() is not None
        finally:
            running.cancel()

    assert asyncio.run(listens())
    with pytest.raises(psycopg.Error):
        asyncio.run(Hub(pooled.url).run())


def test_no_statement_leaves_anything_on_its_session() -> None:
    found = {
        str(path.relative_to(ROOT))
        for suffix in ("py", "sql")
        for path in (ROOT / "services").rglob(f"*.{suffix}")
        if OF_A_SESSION.search(path.read_text().replace('execute(f"', "\n"))
    }
    assert found == DIRECT
