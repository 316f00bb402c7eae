"""A role and a database for each service, on a PostgreSQL server that all of them share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

# Roles belong to the whole server: of several that do this, one does it at a time.
_LOCK = "SELECT pg_advisory_lock(hashtext('stellr:databases'))"


class AddressIncomplete(ValueError):
    """The address of a database lacks a part; the text is one sentence."""


def create(administrator_url: str, urls: Iterable[str]) -> None:
    """Make the role and the database that each address names, unless they are there.

    A role may log in with the password of its address, which it is given also where it had another,
    and connect to its own database alone. The administrator may create roles and databases, and
    need not be a superuser. Raises AddressIncomplete, psycopg.Error.
    """
    with psycopg.connect(administrator_url, autocommit=True) as connection:
        connection.execute(_LOCK)
        for shared in (connection.info.dbname, "template1"):
            _close(connection, shared)
        for url in urls:
            role, password, database = _parts(url)
            _make_role(connection, role, password)
            _make_database(connection, database, role)


def _parts(url: str) -> tuple[str, str, str]:
    parts: Mapping[str, object] = conninfo_to_dict(url)
    role, password, database = (str(parts.get(key) or "") for key in ("user", "password", "dbname"))
    if not (role and password and database):
        raise AddressIncomplete(
            f"The address of a database needs a user, a password and a name: {role}@{database}."
        )
    return role, password, database


def _make_role(connection: psycopg.Connection, role: str, password: str) -> None:
    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    statement = "ALTER ROLE {} LOGIN PASSWORD {}" if known else "CREATE ROLE {} LOGIN PASSWORD {}"
    # Hashed here: the password itself is in no log of the server.
    hashed = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
    connection.execute(
        sql.SQL(statement).format(sql.Identifier(role), sql.Literal(hashed.decode()))
    )


def _make_database(connection: psycopg.Connection, database: str, role: str) -> None:
    known = "SELECT 1 FROM pg_database WHERE datname = %s"
    if not connection.execute(known, [database]).fetchone():
        # Who gives something to a role must be a member of it, unless a superuser.
        member = sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(role))
        connection.execute(member)
        make = sql.SQL("CREATE DATABASE {} OWNER {}")
        connection.execute(make.format(sql.Identifier(database), sql.Identifier(role)))
    _close(connection, database)


def _close(connection: psycopg.Connection, database: str) -> None:
    """Let nobody in but the owner. (A managed server's own database may not be ours to close:
    PostgreSQL warns then.)"""
    connection.execute(
        sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(database))
    )
