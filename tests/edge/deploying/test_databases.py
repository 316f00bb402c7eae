import secrets
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from edge.deploying.databases import AddressIncomplete, create
from tests.support import Stack


@dataclass
class Server:
    """PostgreSQL, as its superuser and as one who may do no more than make roles and databases."""

    root: psycopg.Connection
    administrator: str
    name: str

    def url(self, database: str, password: str = "x") -> str:
        own = f"{self.name}_{database}"
        return f"postgresql://{own}:{password}@localhost/{own}"

    def may_connect(self, role: str, database: str) -> bool:
        asked = "SELECT has_database_privilege(%s, %s, 'CONNECT')"
        row = self.root.execute(asked, [f"{self.name}_{role}", f"{self.name}_{database}"])
        found = row.fetchone()
        return bool(found and found[0])

    def password(self, role: str) -> str:
        asked = "SELECT rolpassword FROM pg_authid WHERE rolname = %s"
        row = self.root.execute(asked, [f"{self.name}_{role}"]).fetchone()
        assert row
        return str(row[0])


@pytest.fixture(name="server")
def _server(stack: Stack) -> Iterator[Server]:
    url = stack.run["databases"]["auth"]
    name = f"deploying_{secrets.token_hex(4)}"
    with psycopg.connect(url, autocommit=True) as root:
        root.execute(f"CREATE ROLE {name} CREATEROLE CREATEDB")
        yield Server(root, make_conninfo(url, dbname="postgres", options=f"-c role={name}"), name)
        for own in (f"{name}_a", f"{name}_b"):
            root.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(own)))
        for role in (f"{name}_a", f"{name}_b", name):
            root.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))


def test_each_role_reaches_its_own_database_alone(server: Server) -> None:
    for _ in range(2):
        create(server.administrator, [server.url("a"), server.url("b")])
    assert server.may_connect("a", "a")
    assert server.may_connect("b", "b")
    assert not server.may_connect("a", "b")
    assert not server.may_connect("b", "a")


def test_a_role_gets_the_password_of_its_address(server: Server) -> None:
    create(server.administrator, [server.url("a", "first")])
    before = server.password("a")
    assert before.startswith("SCRAM-SHA-256$")
    create(server.administrator, [server.url("a", "second")])
    assert server.password("a") != before


def test_an_address_without_a_role_is_refused(server: Server) -> None:
    with pytest.raises(AddressIncomplete, match="user"):
        create(server.administrator, ["postgresql://host/database"])
