from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from services.kit.data.database import Database
from tests.services.certificate.keys import Publisher, document_keys, published_keys
from tests.support import Stack, Visitor


@pytest.fixture
def database(database_of: Callable[[str], Database]) -> Database:
    return database_of("certificate")


def test_many_who_start_at_once_make_one_key(database: Database) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda _: document_keys(database).signing().key_id, range(16)))
    assert len(made) == len(document_keys(database).all()) == 1


def test_what_is_kept_is_sealed(database: Database) -> None:
    document_keys(database).signing()
    with psycopg.connect(database.url) as connection:
        ((sealed, public),) = connection.execute("SELECT sealed, public FROM signing_keys")
    assert b"PRIVATE" not in sealed
    assert b"PRIVATE" not in public


def test_a_new_key_signs_and_the_old_one_is_kept(database: Database) -> None:
    here, there = document_keys(database), document_keys(database)
    before = here.signing().key_id
    new = here.rotate().key_id
    assert new != before
    assert here.signing().key_id == there.signing().key_id == new
    assert [row.key_id for row in there.all()] == [new, before]


def test_a_key_signs_nothing_before_it_is_published(database: Database) -> None:
    publisher = Publisher()
    keys = published_keys(database, publisher)
    before = keys.signing().key_id
    publisher.down = True
    with pytest.raises(ConnectionError):
        keys.rotate()
    assert keys.signing().key_id == before
    publisher.down = False
    keys.publish()
    after = keys.signing().key_id
    assert after != before
    assert publisher.published == [before, after, before]


def test_where_the_first_cannot_be_published_no_other_is_made(database: Database) -> None:
    publisher = Publisher()
    publisher.down = True
    keys = published_keys(database, publisher)
    for _ in range(3):
        with pytest.raises(ConnectionError):
            keys.signing()
    publisher.down = False
    assert [keys.signing().key_id] == [row.key_id for row in keys.all()] == publisher.published


def test_under_another_secret_a_new_key_signs(database: Database) -> None:
    before = document_keys(database).signing().key_id
    after = document_keys(database, b"t" * 32).signing().key_id
    assert after != before
    assert document_keys(database, b"t" * 32).signing().key_id == after
    assert document_keys(database).signing().key_id == before


# On a running stack


def lines(stack: Stack, *arguments: str) -> list[list[str]]:
    done = stack.command("certificate", "keys", *arguments)
    assert done.returncode == 0, done.stderr
    return [line.split() for line in done.stdout.splitlines()]


def test_an_operator_sees_and_rotates_the_keys(stack: Stack, visitor: Visitor) -> None:
    before = lines(stack)
    signing = {purpose: key for purpose, _, state, key in before if state == "signs"}
    assert set(signing) == {"credential", "document"}
    for purpose, old in signing.items():
        new = lines(stack, "rotate", purpose)[0][2]
        states = {key: state for each, _, state, key in lines(stack) if each == purpose}
        assert states[new] == "signs"
        assert states[old] == "signed"
    published = {key["kid"] for key in visitor.get("/.well-known/jwks.json").json()["keys"]}
    credential = {key for purpose, _, _, key in lines(stack) if purpose == "credential"}
    assert credential <= published
    assert "BEGIN CERTIFICATE" in stack.command("certificate", "keys", "--pem").stdout


def test_a_key_is_found_at_the_address_that_is_its_id(stack: Stack, visitor: Visitor) -> None:
    (key_id,) = {key for kind, _, state, key in lines(stack) if (kind, state) == CREDENTIAL}
    answer = visitor.get(key_id)
    assert answer.headers["content-type"] == "application/jwk+json"
    assert answer.json() in visitor.get("/.well-known/jwks.json").json()["keys"]
    assert "d" not in answer.json()
    assert visitor.get("/credentials/keys/none").status_code == 404


CREDENTIAL = ("credential", "signs")
