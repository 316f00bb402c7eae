"""Signing in by a real provider."""

import base64
import hashlib
import hmac
import json
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import grpc
import jwt
import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from services.auth.models import Account, AuditEvent, Credential, Verification
from services.auth.openid.id_token import Identity
from services.kit.data.database import Database
from stellr.auth.v1 import auth_service_pb2 as pb
from tests.services.auth.openid.conftest import settings
from tests.services.auth.openid.real_provider import REDIRECT_URI, Person, RealProvider, running
from tests.services.auth.own_auth import OwnAuth, own_auth, reason_of, refused
from tests.support import Stack, free_port

NONCE = "the app's own nonce"


def begin(auth: OwnAuth) -> Any:
    return auth.stub.GetGoogleLogin(pb.GetGoogleLoginRequest(redirect_uri=REDIRECT_URI), timeout=10)


def finish(auth: OwnAuth, **proof: str) -> Any:
    return auth.stub.LoginWithGoogle(pb.LoginWithGoogleRequest(**proof), timeout=20)


def coded(auth: OwnAuth, provider: RealProvider, person: Person) -> dict[str, str]:
    """What the person's browser brings back."""
    back = provider.sign_in(begin(auth).authorization_url, person)
    return {"code": back["code"], "state": back["state"], "redirect_uri": REDIRECT_URI}


def signed_in(auth: OwnAuth, provider: RealProvider, person: Person) -> Any:
    return finish(auth, **coded(auth, provider, person)).user


def why(auth: OwnAuth, **proof: str) -> str:
    return reason_of(refused(lambda: finish(auth, **proof)))


def accounts(database: Database) -> list[Account]:
    with database.transaction() as unit:
        return list(unit.session.scalars(sa.select(Account)))


def test_a_person_signs_up_and_then_in(auth: OwnAuth, provider: RealProvider) -> None:
    person = Person()
    first, second = (signed_in(auth, provider, person) for _ in range(2))
    assert first == second
    assert (first.email, first.email_verified) == (person.email, True)
    assert (first.display_name, list(first.roles)) == ("Zoë Example", ["learner"])
    (account,) = accounts(auth.database)
    assert account.locale == "de"


def test_the_provider_is_asked_with_pkce_state_and_nonce(
    auth: OwnAuth, provider: RealProvider
) -> None:
    begun = begin(auth)
    query = parse_qs(urlsplit(begun.authorization_url).query)
    assert begun.authorization_url.startswith(f"{provider.issuer}/auth?")
    assert query["code_challenge_method"] == ["S256"]
    assert query["state"] == [begun.state]
    assert query["nonce"][0] not in begun.state
    assert begin(auth).state != begun.state


def test_a_state_is_good_once(auth: OwnAuth, provider: RealProvider) -> None:
    proof = coded(auth, provider, Person())
    assert finish(auth, **proof).access_token
    assert why(auth, **proof) == "OPENID_REFUSED"


def test_of_many_with_one_state_at_once_one_comes_in(auth: OwnAuth, provider: RealProvider) -> None:
    proof = coded(auth, provider, Person())

    def attempt(_: int) -> str:
        try:
            return str(finish(auth, **proof).token_type)
        except grpc.RpcError as error:
            return reason_of(error)

    with ThreadPoolExecutor(20) as pool:
        ended = sorted(pool.map(attempt, range(20)))
    assert ended == ["Bearer"] + ["OPENID_REFUSED"] * 19


def test_what_does_not_belong_together_is_refused(auth: OwnAuth, provider: RealProvider) -> None:
    mine, others = (coded(auth, provider, Person()) for _ in range(2))
    made_up = {**mine, "state": mine["state"][:-4] + "AAAA"}
    assert why(auth, **made_up) == "OPENID_REFUSED"
    assert why(auth, **{**mine, "state": "x.1.y"}) == "OPENID_REFUSED"
    assert why(auth, **{**mine, "redirect_uri": "https://evil.example/"}) == "OPENID_REFUSED"
    # Another person's code does not fit the verifier of my state.
    assert why(auth, **{**mine, "code": others["code"]}) == "OPENID_REFUSED"
    assert accounts(auth.database) == []


@pytest.mark.parametrize(
    ("proof", "fields"),
    [
        ({}, {"code", "state", "redirectUri"}),
        ({"code": "x", "state": "y"}, {"redirectUri"}),
        ({"id_token": "x"}, {"nonce"}),
        ({"id_token": "x", "nonce": "y", "code": "z"}, {"code"}),
    ],
)
def test_half_a_proof_is_none(auth: OwnAuth, proof: dict[str, str], fields: set[str]) -> None:
    error = refused(lambda: finish(auth, **proof))
    assert reason_of(error) == "INVALID_FIELDS"
    assert all(field in str(error.details()) for field in fields)


def test_a_redirect_uri_that_is_not_listed_is_refused(auth: OwnAuth) -> None:
    for uri in ("https://evil.example/", f"{REDIRECT_URI}/more", f"{REDIRECT_URI}?x=1", "x"):
        request = pb.GetGoogleLoginRequest(redirect_uri=uri)
        assert reason_of(refused(lambda r=request: auth.stub.GetGoogleLogin(r, timeout=10))) == (
            "INVALID_FIELDS"
        )


# Apps


def test_an_app_signs_in_by_its_id_token_once(auth: OwnAuth, provider: RealProvider) -> None:
    person = Person()
    token = provider.id_token(person, NONCE)
    assert why(auth, id_token=token, nonce="another") == "OPENID_REFUSED"
    assert finish(auth, id_token=token, nonce=NONCE).user.email == person.email
    assert why(auth, id_token=token, nonce=NONCE) == "OPENID_REFUSED"
    assert signed_in(auth, provider, person).email == person.email
    assert len(accounts(auth.database)) == 1


def test_an_app_may_send_the_hash_of_its_nonce(auth: OwnAuth, provider: RealProvider) -> None:
    token = provider.id_token(Person(), hashlib.sha256(NONCE.encode()).hexdigest())
    assert finish(auth, id_token=token, nonce=NONCE).access_token


def test_a_token_for_somebody_else_is_refused(auth: OwnAuth, provider: RealProvider) -> None:
    token = provider.id_token(Person(), NONCE, client_id="stranger")
    assert why(auth, id_token=token, nonce=NONCE) == "OPENID_REFUSED"


def test_forged_tokens_are_refused(auth: OwnAuth, provider: RealProvider) -> None:
    genuine = provider.id_token(Person(), NONCE)
    claims = jwt.decode(genuine, options={"verify_signature": False})
    (public,) = provider.keys()["keys"]
    kid = public["kid"]
    mine = RSAAlgorithm.from_jwk(json.dumps(public))
    own = rsa.generate_private_key(65537, 2048)
    own_jwk = json.loads(RSAAlgorithm.to_jwk(own.public_key()))
    pem = _pem(mine)
    forged = [
        _unsigned(claims),
        _hs256(claims, pem, kid),
        jwt.encode(claims, own, "RS256", headers={"kid": kid}),
        jwt.encode(claims, own, "RS256", headers={"kid": "made up"}),
        jwt.encode(claims, own, "RS256", headers={"kid": kid, "jwk": own_jwk}),
        jwt.encode(claims, own, "RS256", headers={"kid": kid, "jku": "https://evil.example/jwks"}),
        genuine[:-8] + "AAAAAAAA",
        "a.b.c",
        "x",
    ]
    for token in forged:
        assert why(auth, id_token=token, nonce=NONCE) == "OPENID_REFUSED", token[:60]
    assert accounts(auth.database) == []


def _pem(key: Any) -> bytes:
    pem: bytes = key.public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo)
    return pem


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _unsigned(claims: dict[str, Any]) -> str:
    return f"{_part({'alg': 'none', 'typ': 'JWT'})}.{_part(claims)}."


def _hs256(claims: dict[str, Any], secret: bytes, kid: str) -> str:
    text = f"{_part({'alg': 'HS256', 'typ': 'JWT', 'kid': kid})}.{_part(claims)}"
    digest = hmac.new(secret, text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def test_a_token_is_not_new_by_another_spelling_of_its_signature(
    auth: OwnAuth, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Of ES256 each signature has a twin that is as good.
    later = int(time.time()) + 60
    identity = Identity("https://id.example", "ann", "", True, "Ann", "en", later)
    monkeypatch.setattr("services.auth.openid.login.read", lambda *_: identity)
    user = finish(auth, id_token="header.claims.signature", nonce=NONCE).user
    for each in ("header.claims.signature", "header.claims.twin"):
        assert why(auth, id_token=each, nonce=NONCE) == "OPENID_REFUSED"
    with auth.database.transaction() as unit:
        told = unit.session.execute(
            sa.select(AuditEvent.type, AuditEvent.method)
            .where(AuditEvent.account_id == UUID(user.user_id))
            .order_by(AuditEvent.event_id.desc())
            .limit(2)
        ).all()
    assert [tuple(row) for row in told] == [("sign_in_failed", "openid")] * 2


# Keys


def test_new_keys_of_the_provider_are_found_and_old_ones_kept_at_hand(
    auth: OwnAuth, provider: RealProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.auth.openid.provider.RELOAD_SECONDS", 0.0)
    signed_in(auth, provider, Person())
    before = provider.times_asked()
    for _ in range(3):
        signed_in(auth, provider, Person())
    assert provider.times_asked() == before
    provider.new_keys()
    signed_in(auth, provider, Person())
    assert provider.times_asked() == before + 1


def test_made_up_keys_do_not_have_the_provider_asked_each_time(
    auth: OwnAuth, provider: RealProvider
) -> None:
    signed_in(auth, provider, Person())
    before = provider.times_asked()
    for number in range(20):
        header = _part({"alg": "RS256", "kid": f"made up {number}"})
        assert why(auth, id_token=f"{header}.e30.AA", nonce=NONCE) == "OPENID_REFUSED"
    assert provider.times_asked() <= before + 1


# Whose account it is


def test_an_account_is_linked_if_both_proved_the_address(
    auth: OwnAuth, provider: RealProvider
) -> None:
    person = Person()
    auth.account(person.email)
    assert signed_in(auth, provider, person).display_name == "Ann"
    assert auth.log_in(person.email).user.email == person.email
    assert len(accounts(auth.database)) == 1
    with auth.database.transaction() as unit:
        kinds = unit.session.scalars(sa.select(Credential.kind).order_by(Credential.kind)).all()
    assert kinds == ["openid", "password"]


def test_an_address_that_the_provider_did_not_prove_links_nothing(
    auth: OwnAuth, provider: RealProvider
) -> None:
    person = Person(email_verified=False)
    auth.account(person.email)
    first, second = (signed_in(auth, provider, person) for _ in range(2))
    assert first == second
    assert (first.email, first.email_verified) == ("", False)
    assert len(accounts(auth.database)) == 2


def test_who_registers_anothers_address_first_gets_nothing(
    auth: OwnAuth, provider: RealProvider
) -> None:
    person = Person()
    applicant = pb.RegisterRequest(
        email=person.email, password="the attacker's own", display_name="Mallory"
    )
    auth.stub.Register(applicant, timeout=20)
    user = signed_in(auth, provider, person)
    assert (user.email, user.display_name) == (person.email, person.name)
    assert reason_of(refused(lambda: auth.log_in(person.email, "the attacker's own"))) == (
        "INVALID_CREDENTIALS"
    )
    with auth.database.transaction() as unit:
        (verification,) = unit.session.scalars(sa.select(Verification))
        assert (verification.payload, verification.used_at is not None) == (None, True)


def test_fifty_first_sign_ins_at_once_make_one_account(
    auth: OwnAuth, provider: RealProvider
) -> None:
    person = Person()
    nonces = [f"nonce {number}" for number in range(10)]
    tokens = [(provider.id_token(person, nonce), nonce) for nonce in nonces]
    with ThreadPoolExecutor(50) as pool:
        ended = list(pool.map(lambda pair: _ended(auth, *pair), tokens * 5))
    users = [user for user, _ in ended if user]
    assert [why for user, why in ended if not user] == ["OPENID_REFUSED"] * 40
    assert len({user.user_id for user in users}) == 1
    assert len(accounts(auth.database)) == 1


def _ended(auth: OwnAuth, token: str, nonce: str) -> tuple[Any, str]:
    try:
        return finish(auth, id_token=token, nonce=nonce).user, ""
    except grpc.RpcError as error:
        return None, reason_of(error)


def test_a_disabled_account_stays_shut(auth: OwnAuth, provider: RealProvider) -> None:
    person = Person()
    signed_in(auth, provider, person)
    with auth.database.transaction() as unit:
        unit.session.execute(sa.update(Account).values(state="disabled"))
    assert why(auth, **coded(auth, provider, person)) == "INVALID_CREDENTIALS"
    with auth.database.transaction() as unit:
        last = unit.session.scalars(sa.select(AuditEvent).order_by(AuditEvent.event_id.desc()))
        told = last.first()
        assert told is not None
        assert (told.type, told.method) == ("sign_in_failed", "openid")


def test_names_that_nobody_may_have_here_are_left_out(
    auth: OwnAuth, provider: RealProvider
) -> None:
    assert signed_in(auth, provider, Person(name="\u202egnp.exe")).display_name == "Learner"
    assert signed_in(auth, provider, Person(name="\u200b")).display_name == "Learner"


# When the provider is away


def test_a_provider_that_goes_away_is_told(
    stack: Stack,
    database_of: Callable[[str], Database],
    monkeypatch: pytest.MonkeyPatch,
    provider_folder: Path,
) -> None:
    with ExitStack() as serving:
        provider = serving.enter_context(running(provider_folder))
        given = settings(provider.issuer)
        with own_auth(stack, database_of("auth"), monkeypatch, **given) as auth:
            proof = coded(auth, provider, Person())
            serving.close()
            assert why(auth, **proof) == "OPENID_UNAVAILABLE"
            assert accounts(auth.database) == []


def test_what_was_never_there_is_away(
    stack: Stack, database_of: Callable[[str], Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = settings(f"http://127.0.0.1:{free_port()}")
    with own_auth(stack, database_of("auth"), monkeypatch, **given) as auth:
        error = refused(lambda: begin(auth))
        assert (error.code(), reason_of(error)) == (
            grpc.StatusCode.UNAVAILABLE,
            "OPENID_UNAVAILABLE",
        )


def test_a_provider_that_hangs_is_not_waited_for_beyond_the_callers_time(
    stack: Stack, database_of: Callable[[str], Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        given = settings(f"http://127.0.0.1:{deaf.getsockname()[1]}")
        with own_auth(stack, database_of("auth"), monkeypatch, **given) as auth:
            request = pb.GetGoogleLoginRequest(redirect_uri=REDIRECT_URI)
            error = refused(lambda: auth.stub.GetGoogleLogin(request, timeout=2))
    # The answer may come too late by a hair.
    too_late = error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert too_late or reason_of(error) == "OPENID_UNAVAILABLE"


def test_without_a_provider_it_is_said_so(
    stack: Stack, database_of: Callable[[str], Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    with own_auth(stack, database_of("auth"), monkeypatch) as auth:
        assert reason_of(refused(lambda: begin(auth))) == "OPENID_NOT_CONFIGURED"
        assert why(auth, id_token="x", nonce="y") == "OPENID_NOT_CONFIGURED"
