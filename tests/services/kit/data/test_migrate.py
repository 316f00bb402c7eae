"""Tables change while those who use them go on."""

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from services.kit.data import migrate
from services.kit.data.database import Database
from tests.support import ROOT, eventually

REVISION = """
from alembic import op

revision, down_revision, branch_labels, depends_on = "0001", None, None, None


def upgrade():
    op.execute("ALTER TABLE lessons ADD COLUMN minutes integer")
"""
COLUMNS = "SELECT count(*) FROM information_schema.columns WHERE table_name = 'lessons'"
WAITS = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'lessons'::regclass"


@pytest.fixture(name="url")
def _url(database_of: Callable[[str], Database]) -> str:
    url = database_of("media").url
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        connection.execute("CREATE TABLE lessons (title text)")
    return url


@pytest.fixture(name="migrations")
def _migrations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "versions").mkdir()
    (tmp_path / "versions" / "0001.py").write_text(REVISION)
    monkeypatch.setattr(migrate, "PATIENCE_SECONDS", 0.2)
    monkeypatch.setattr(migrate, "PAUSE_SECONDS", 0.05)
    return str(tmp_path)


def count(connection: psycopg.Connection, statement: str) -> int:
    row = connection.execute(statement.encode()).fetchone()
    assert row is not None
    return int(row[0])


def test_who_reads_a_table_does_not_wait_behind_its_migration(url: str, migrations: str) -> None:
    with (
        ThreadPoolExecutor(1) as another,
        psycopg.connect(url) as long,
        psycopg.connect(url, autocommit=True) as other,
    ):
        other.execute("SET statement_timeout = '20s'")
        assert count(long, "SELECT count(*) FROM lessons") == 0
        upgraded = another.submit(migrate.upgrade, migrations, url)
        for _ in range(3):
            eventually(lambda: count(other, WAITS), 10)
            assert count(other, "SELECT count(*) FROM lessons") == 0
        assert count(other, COLUMNS) == 1
        long.rollback()
        upgraded.result(30)
        assert count(other, COLUMNS) == 2
    assert migrate.is_current(migrations, url)


def test_a_table_that_is_never_free_is_told(
    url: str, migrations: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "TRIES", 2)
    with psycopg.connect(url) as long:
        assert count(long, "SELECT count(*) FROM lessons") == 0
        with pytest.raises(sa.exc.OperationalError):
            migrate.upgrade(migrations, url)
        assert count(long, COLUMNS) == 1
    assert not migrate.is_current(migrations, url)


def test_migrations_are_found_wherever_they_lie(tmp_path: Path) -> None:
    ours, there = ROOT / "services" / "user" / "migrations", tmp_path / "100%(here)s"
    shutil.copytree(ours, there)
    assert migrate.newest(str(there)) == migrate.newest(str(ours)) != ""
