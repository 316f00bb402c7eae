from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, cast

import jwt
import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from services.auth import signing_keys as module
from services.auth.access import AccessSigner
from services.auth.signing_keys import SigningKeys
from services.kit.data.database import Database
from services.kit.errors import TokenInvalid
from services.kit.events.events import Events
from services.kit.identity.secrets import Sealer
from services.kit.identity.tokens import AccessTokens, KeySet
from tests.services.auth.steps import Learners, refresh, with_token
from tests.support import Stack, Visitor, eventually
from tests.tokens import signer_of

ISSUER = "https://academy.example"
PERSON, SESSION = (f"01a2040b-0000-7000-8000-00000000000{n}" for n in (1, 2))


class NoEvents:
    def append(self, *_: object, **__: object) -> None:
        """Tell nobody."""


@pytest.fixture
def database(database_of: Callable[[str], Database]) -> Database:
    return database_of("auth")


def keys_of(database: Database, secret: bytes = b"s" * 32) -> SigningKeys:
    return SigningKeys(database, cast(Events, NoEvents()), Sealer(secret, "x"), ISSUER)


def signed(keys: SigningKeys) -> str:
    return keys.signer().sign(cast(Any, PERSON), cast(Any, SESSION), ["learner"], 1)


def kid(token: str) -> str:
    return str(jwt.get_unverified_header(token)["kid"])


def takes(keys: SigningKeys, token: str) -> bool:
    AccessTokens(KeySet(keys.load_jwks), ISSUER).verify(token)
    return True


def test_many_who_start_at_once_make_one_key(database: Database) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda _: kid(signed(keys_of(database))), range(16)))
    assert len(made) == 1
    assert len(keys_of(database).jwks()["keys"]) == 1


def test_what_is_kept_is_sealed(database: Database) -> None:
    keys_of(database).load()
    with psycopg.connect(database.url) as connection:
        ((jwk, sealed),) = connection.execute("SELECT public_jwk, sealed FROM signing_keys")
    assert "d" not in jwk
    assert b"PRIVATE" not in sealed


def test_a_new_key_is_published_before_it_signs_and_the_old_one_stays(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = keys_of(database), keys_of(database)
    before = signed(here)
    new = here.rotate()
    assert {key["kid"] for key in there.load_jwks()["keys"]} == {kid(before), new}
    assert kid(signed(here)) == kid(signed(there)) == kid(before)
    let_pass(database, "signs_from", 6)
    here.load()
    assert kid(signed(here)) == new
    assert takes(there, before)
    assert takes(there, signed(here))


def let_pass(database: Database, column: str, seconds: float) -> None:
    with psycopg.connect(database.url) as connection:
        connection.execute(
            f"UPDATE signing_keys SET {column} = {column} - make_interval(secs => %s)".encode(),
            (seconds,),
        )


def test_an_old_key_goes_once_its_last_token_has_died(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = keys_of(database)
    old = kid(signed(keys))
    new = keys.rotate()
    let_pass(database, "signs_from", 300)
    with database.transaction():
        keys.rotate_if_due(30)
    assert {key["kid"] for key in keys.load_jwks()["keys"]} == {old, new}
    let_pass(database, "signs_from", 700)
    with database.transaction():
        keys.rotate_if_due(30)
    assert {key["kid"] for key in keys.load_jwks()["keys"]} == {new}


def test_keys_are_rotated_by_their_age(database: Database) -> None:
    keys = keys_of(database)
    keys.load()
    with database.transaction():
        keys.rotate_if_due(30)
    assert len(keys.load_jwks()["keys"]) == 1
    let_pass(database, "created_at", timedelta(days=31).total_seconds())
    with database.transaction():
        keys.rotate_if_due(30)
    assert len(keys.load_jwks()["keys"]) == 2


def test_under_another_secret_a_new_key_signs(database: Database) -> None:
    before = signed(keys_of(database))
    keys = keys_of(database, b"t" * 32)
    after = signed(keys)
    assert kid(after) != kid(before)
    assert takes(keys, before)


def test_what_a_service_publishes_is_in_the_set_for_ever_and_signs_no_access_token(
    database: Database,
) -> None:
    keys, stranger = keys_of(database), keys_of(database, b"t" * 32)
    keys.load()
    foreign = AccessSigner(ec.generate_private_key(ec.SECP256R1()), ISSUER)
    for _ in range(2):
        with database.transaction():
            keys.publish([foreign.public_jwk])
    wanted = {foreign.public_jwk["kid"], *(key["kid"] for key in keys.jwks()["keys"])}
    assert len(stranger.every_jwk()) == len(wanted) + 1  # its own, of another secret
    assert wanted <= {key["kid"] for key in stranger.every_jwk()}
    token = foreign.sign(cast(Any, PERSON), cast(Any, SESSION), ["admin"], 1)
    with pytest.raises(TokenInvalid):
        takes(keys, token)


def test_the_pause_is_longer_than_events_take() -> None:
    assert timedelta(seconds=2) <= module.PAUSE < module.REMEMBERED


# On a running stack


@pytest.fixture
def rotated(stack: Stack) -> str:
    done = stack.command("auth", "rotate-keys")
    assert done.returncode == 0, done.stderr
    return done.stdout.split()[2]


def test_an_operator_rotates_and_nobody_is_signed_out(
    stack: Stack, visitor: Visitor, learner: Learners, rotated: str
) -> None:
    person = learner()
    eventually(lambda: signer_of(stack).public_jwk["kid"] == rotated, 15)
    session = eventually(lambda: _signed_by(rotated, refresh(visitor, person.refresh_token)), 15)
    own = with_token(stack, session["accessToken"])
    for path in ("/me", "/progress/me", "/courses/the-night-sky"):
        assert own.get(path).status_code == 200
        assert person.get(path).status_code == 200
    published = {key["kid"] for key in visitor.get("/.well-known/jwks.json").json()["keys"]}
    assert {rotated, kid(person.token)} <= published


def _signed_by(wanted: str, answer: Any) -> Any:
    session = answer.json()
    return session if kid(session["accessToken"]) == wanted else None
