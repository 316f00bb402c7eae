"""The databases of an academy, saved as they were at one moment and filled again.

Each has a snapshot of its own (PostgreSQL, pg_export_snapshot): they cannot be one, since services
may keep theirs on different servers. All are taken within milliseconds, those who follow or call
first and those who are followed or called after them. So what one service knows of another is there
in that other's database; what is there and not yet known is told again by its events.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from edge import registry
from edge.backup.errors import BackupError
from edge.local import binaries, signals
from edge.local.errors import StopRequested
from services.kit.process.service import Service

POLL_SECONDS = 0.2
CONNECT_SECONDS = 10
# What was there before a restore is in the schema of this name, with the time at its end.
ASIDE = "stellr_before_"
# Everybody hears who is signed out.
HEARD = "auth"


def order(services: Mapping[str, Service]) -> list[str]:
    """The services in which each comes before those whom it follows or calls.

    Auth alone calls somebody who follows it, to send a message, and comes last.
    """
    asked = {
        name: set() if name == HEARD else {*service.calls, *service.follows, HEARD}
        for name, service in services.items()
    }
    return [name for batch in registry.stop_order(asked) for name in batch]


@contextmanager
def snapshots(urls: Mapping[str, str], names: Sequence[str]) -> Iterator[Mapping[str, str]]:
    """The ids of snapshots of databases, taken one right after the other in this order.

    They are good as long as the context lasts. Raises BackupError.
    """
    with ExitStack() as open_connections:
        connections = {
            name: open_connections.enter_context(connect(name, urls[name])) for name in names
        }
        yield {name: _snapshot(connections[name]) for name in names}


def _snapshot(connection: psycopg.Connection[Any]) -> str:
    connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    row = connection.execute("SELECT pg_export_snapshot()").fetchone()
    assert row is not None
    return str(row[0])


@contextmanager
def connect(service: str, url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection in autocommit. Raises BackupError where there is none."""
    try:
        connection = psycopg.connect(url, autocommit=True, connect_timeout=CONNECT_SECONDS)
    except psycopg.Error as error:
        raise BackupError(f"The database of {service} is not there: {_one_line(error)}.") from error
    with connection:
        yield connection


def dump(service: str, url: str, snapshot: str, target: Path) -> None:
    """Write a database as it was at a snapshot. Raises BackupError, StopRequested."""
    options = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}"]
    options.append(f"--exclude-schema={ASIDE}*")
    _run(service, "pg_dump", url, [*options, f"--file={target}"])


def fill(service: str, url: str, source: Path) -> None:
    """Fill an empty database, wholly or not at all. Raises BackupError, StopRequested."""
    options = ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]
    _run(service, "pg_restore", url, [*options, str(source)])


def revision(service: str, url: str) -> str:
    """The revision that a database is at; "" where it was never migrated. Raises BackupError."""
    if _value(service, url, "SELECT to_regclass('alembic_version')") is None:
        return ""
    return str(_value(service, url, "SELECT version_num FROM alembic_version") or "")


def others(service: str, url: str) -> int:
    """How many others are connected to a database. Raises BackupError."""
    query = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND backend_type = 'client backend'"
    )
    return int(_value(service, url, query))


def is_empty(service: str, url: str) -> bool:
    """Whether a database has no table, nor anything of the kind. Raises BackupError."""
    query = "SELECT EXISTS (SELECT FROM pg_class WHERE relnamespace = to_regnamespace('public'))"
    return not _value(service, url, query)


def has_schema(service: str, url: str, name: str) -> bool:
    """Whether a database has a schema of this name. Raises BackupError."""
    return _value(service, url, "SELECT to_regnamespace(%s)", name) is not None


def set_aside(service: str, url: str, aside: str) -> None:
    """Move what a database has to the schema `aside`, to come back by `put_back`."""
    _execute(service, url, f"ALTER SCHEMA public RENAME TO {aside}; CREATE SCHEMA public")


def put_back(service: str, url: str, aside: str) -> None:
    """Have what was set aside take its place again, where something was."""
    if has_schema(service, url, aside):
        drop = "DROP SCHEMA IF EXISTS public CASCADE"
        _execute(service, url, f"{drop}; ALTER SCHEMA {aside} RENAME TO public")


def keeps(service: str, url: str, aside: str) -> bool:
    """Whether what was set aside is still there; where that is nothing, its schema is removed."""
    try:
        _execute(service, url, f"DROP SCHEMA {aside} RESTRICT")
    except BackupError:
        return True
    return False


def _value(service: str, url: str, query: LiteralString, *parameters: str) -> Any:
    """The first value that a query finds; None where there is none. Raises BackupError."""
    try:
        with connect(service, url) as connection:
            row = connection.execute(query, parameters).fetchone()
    except psycopg.Error as error:
        raise BackupError(f"The database of {service}: {_one_line(error)}.") from error
    return row[0] if row else None


def _execute(service: str, url: str, statements: str) -> None:
    try:
        with connect(service, url) as connection:
            # Several at once are one transaction (PostgreSQL, 53.2.2.1).
            connection.execute(statements.encode())
    except psycopg.Error as error:
        raise BackupError(f"The database of {service}: {_one_line(error)}.") from error


def _run(service: str, program: str, url: str, options: Sequence[str]) -> None:
    """Run a program of PostgreSQL; the password is in its environment, which nobody else reads."""
    told = conninfo_to_dict(url)
    password = told.pop("password", None)
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    if password:
        environ["PGPASSWORD"] = str(password)
    target = make_conninfo("", **told)
    argv = [str(binaries.postgres(program)), "--no-password", f"--dbname={target}", *options]
    with tempfile.TemporaryFile() as said:
        code = _finish(argv, environ, said)
        if code:
            said.seek(0)
            lines = said.read().decode(errors="replace").strip().splitlines()
            reason = lines[0] if lines else f"exit status {code}"
            raise BackupError(f"The database of {service}: {reason}")


def _finish(argv: Sequence[str], environ: Mapping[str, str], said: Any) -> int:
    with subprocess.Popen(
        argv, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said
    ) as child:
        while child.poll() is None:
            if signals.wait(POLL_SECONDS):
                child.kill()
                raise StopRequested
        return child.returncode


def _one_line(error: Exception) -> str:
    lines = [line for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__).strip().rstrip(".")
