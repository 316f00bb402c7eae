import secrets
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from edge.deploying.databases import AddressIncomplete, create
from tests.support import Stack


@pytest.fixture(name="administrator")
def _administrator(stack: Stack) -> Iterator[tuple[str, str]]:
    """The address of one who may create roles and databases, and a name that nobody has yet."""
    url = stack.run["databases"]["auth"]
    name = f"deploying_{secrets.token_hex(4)}"
    with psycopg.connect(url, autocommit=True) as root:
        root.execute(f"CREATE ROLE {name} LOGIN CREATEROLE CREATEDB PASSWORD 'x'")
        yield make_conninfo(url, user=name, password="x", dbname="postgres"), name
        for database in (f"{name}_a", f"{name}_b"):
            root.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(database)))
        for role in (f"{name}_a", f"{name}_b", name):
            root.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))


def test_each_role_reaches_its_own_database_alone(administrator: tuple[str, str]) -> None:
    url, name = administrator
    a, b = (
        make_conninfo(url, user=f"{name}_{each}", password=f"of {each}", dbname=f"{name}_{each}")
        for each in "ab"
    )
    create(url, [a, b])
    create(url, [a, b])
    with psycopg.connect(a) as own:
        own.execute("CREATE TABLE things (thing_id int)")
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(make_conninfo(a, dbname=f"{name}_b"))


def test_a_role_gets_the_password_of_its_address(
    administrator: tuple[str, str], stack: Stack
) -> None:
    url, name = administrator
    own = make_conninfo(url, user=f"{name}_a", password="first", dbname=f"{name}_a")
    create(url, [own])
    before = _stored(stack.run["databases"]["auth"], f"{name}_a")
    create(url, [make_conninfo(own, password="second")])
    assert _stored(stack.run["databases"]["auth"], f"{name}_a") != before


def test_an_address_without_a_role_is_refused(administrator: tuple[str, str]) -> None:
    with pytest.raises(AddressIncomplete, match="user"):
        create(administrator[0], ["postgresql://host/database"])


def _stored(url: str, role: str) -> str:
    with psycopg.connect(url) as root:
        row = root.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", [role])
        found = row.fetchone()
    assert found
    assert found[0].startswith("SCRAM-SHA-256$")
    return str(found[0])
