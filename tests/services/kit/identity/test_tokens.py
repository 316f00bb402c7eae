import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import grpc
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from services.auth.access import AccessSigner
from services.kit.errors import (
    KeysUnavailable,
    ServiceUnavailable,
    TokenExpired,
    TokenInvalid,
    Unavailable,
)
from services.kit.identity.tokens import AccessTokens, Bounded, KeySet, MeshTokens
from tests.services.kit.harness import Kit, message, notifications, send, serving

KEY = ec.generate_private_key(ec.SECP256R1())
OTHER_KEY = ec.generate_private_key(ec.SECP256R1())
ISSUER = "https://test.example"
SIGNER = AccessSigner(KEY, ISSUER)
USER, SESSION = uuid4(), uuid4()


def tokens() -> AccessTokens:
    return AccessTokens(KeySet(lambda: {"keys": [SIGNER.public_jwk]}), ISSUER)


def token(
    key: Any = KEY,
    algorithm: str = "ES256",
    kind: str = "at+jwt",
    headers: dict[str, Any] | None = None,
    **changes: Any,
) -> str:
    claims = {
        "iss": "https://test.example",
        "aud": "stellr",
        "sub": str(USER),
        "sid": str(SESSION),
        "roles": ["learner"],
        "ver": 1,
        "iat": int(time.time()) - 1,
        "exp": int(time.time()) + 3600,
        **changes,
    }
    claims = {name: value for name, value in claims.items() if value is not None}
    own = {"kid": SIGNER.public_jwk["kid"], "typ": kind, **(headers or {})}
    return jwt.encode(claims, key, algorithm, headers=own)


def test_an_access_token_says_who_it_is() -> None:
    access = tokens().verify(SIGNER.sign(USER, SESSION, ["author", "learner"], 3))
    assert access.version == 3
    assert (access.user_id, access.session_id) == (USER, SESSION)
    assert access.roles == {"author", "learner"}
    assert access.expires_at - time.time() == pytest.approx(600, abs=2)


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "x",
        "a.b.c",
        token(OTHER_KEY),
        token("a-shared-secret-that-is-long-enough-for-hs256", "HS256"),
        token(None, "none"),
        token(kind="JWT"),
        token(ver=None),
        token(ver="new"),
        token(aud="notification"),
        token(aud=None),
        token(exp=None),
        token(iss=None),
        token(sub="nobody"),
        token(sid=None),
        token(roles=None),
        token(iss="https://evil.example"),
        token(exp=time.time() + 36_000.5),
        token(exp=str(int(time.time()) + 36_000)),
        token(iat=time.time() - 0.5),
        token(iat=None),
        token(ver=1.5),
        token(ver=True),
        token(nbf=int(time.time()) + 86_400),
        token(headers={"jku": "https://evil.example/jwks.json"}),
        token(headers={"x5u": "https://evil.example/cert.pem"}),
        token(headers={"jwk": SIGNER.public_jwk}),
        token(headers={"x5c": ["AAAA"]}),
        token(headers={"crit": ["exp"], "exp": 1}),
        token(headers={"crit": ["unknown"], "unknown": 1}),
    ],
)
def test_a_token_that_is_not_ours_is_refused(bad: str) -> None:
    with pytest.raises(TokenInvalid):
        tokens().verify(bad)


def test_an_altered_token_is_refused() -> None:
    head, body, signature = token().split(".")
    _, others, _ = token(roles=["admin"]).split(".")
    verifier = tokens()
    verifier.verify(f"{head}.{body}.{signature}")
    with pytest.raises(TokenInvalid):
        verifier.verify(f"{head}.{others}.{signature}")


def test_an_expired_token_is_refused() -> None:
    with pytest.raises(TokenExpired):
        tokens().verify(token(exp=int(time.time()) - 1))


def test_a_token_that_was_good_before_is_refused_once_it_has_expired(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    verifier, ends = tokens(), int(time.time()) + 3600
    kept = token(exp=ends)
    verifier.verify(kept)
    monkeypatch.setattr(time, "time", lambda: float(ends))
    with pytest.raises(TokenExpired):
        verifier.verify(kept)


def test_the_type_of_a_token_is_compared_without_case() -> None:
    assert tokens().verify(token(kind="AT+JWT")).user_id == USER


def test_a_clock_that_is_behind_takes_a_fresh_token() -> None:
    assert tokens().verify(token(iat=int(time.time()) + 2)).user_id == USER


def test_a_token_is_not_called_bad_while_no_keys_are_known() -> None:
    def load() -> dict[str, Any]:
        raise ServiceUnavailable

    verifier = AccessTokens(KeySet(load), ISSUER)
    for _ in range(3):
        with pytest.raises(Unavailable):
            verifier.verify(token())


def test_a_new_key_is_loaded_and_forged_key_ids_load_at_most_once_a_second() -> None:
    loads: list[float] = []

    def load() -> dict[str, Any]:
        loads.append(time.monotonic())
        return {"keys": [SIGNER.public_jwk]}

    verifier = AccessTokens(KeySet(load), ISSUER)
    verifier.verify(token())
    for number in range(50):
        forged = jwt.encode({}, OTHER_KEY, "ES256", headers={"kid": f"k{number}"})
        with pytest.raises(TokenInvalid):
            verifier.verify(forged)
    assert len(loads) == 1


def test_nobody_waits_for_keys_that_another_call_loads() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def load() -> dict[str, Any]:
        begun.set()
        assert go_on.wait(10)
        return {"keys": [SIGNER.public_jwk]}

    keys = KeySet(lambda: {"keys": [SIGNER.public_jwk]})
    keys.load()
    keys.load_by(load)
    with ThreadPoolExecutor(1) as pool:
        loading = pool.submit(keys.find, "new")
        assert begun.wait(10)
        assert AccessTokens(keys, ISSUER).verify(token()).user_id == USER
        with pytest.raises(KeysUnavailable):
            keys.find("new")
        go_on.set()
        assert loading.result(10) is None


def test_a_full_cache_drops_the_oldest() -> None:
    cache = Bounded(2)
    for key in ("a", "b", "c"):
        cache.keep(key, key.upper())
    assert cache == {"b": "B", "c": "C"}


def test_a_mesh_token_proves_its_service_to_its_target_only(kit: Kit) -> None:
    proof = kit.mesh_tokens("auth").token_for("notification")
    assert kit.mesh_tokens("notification").verify(proof) == "auth"
    with pytest.raises(TokenInvalid):
        kit.mesh_tokens("course").verify(proof)


def test_a_service_cannot_pose_as_another(kit: Kit) -> None:
    claims = {"iss": "auth", "aud": "notification", "exp": int(time.time()) + 60}
    for kid, key in (("auth", kit.keys["user"]), ("user", kit.keys["user"])):
        forged = jwt.encode(claims, key, "ES256", headers={"kid": kid})
        with pytest.raises(TokenInvalid):
            kit.mesh_tokens("notification").verify(forged)


def test_an_expired_mesh_token_is_refused(kit: Kit) -> None:
    claims = {"iss": "auth", "aud": "notification", "exp": int(time.time()) - 1}
    old = jwt.encode(claims, kit.keys["auth"], "ES256", headers={"kid": "auth"})
    with pytest.raises(TokenExpired):
        kit.mesh_tokens("notification").verify(old)


@pytest.mark.parametrize(
    ("caller", "code"),
    [
        ("auth", grpc.StatusCode.OK),
        ("course", grpc.StatusCode.PERMISSION_DENIED),
        ("", grpc.StatusCode.UNAUTHENTICATED),
        ("stranger", grpc.StatusCode.UNAUTHENTICATED),
    ],
)
def test_internal_methods_know_their_callers(kit: Kit, caller: str, code: grpc.StatusCode) -> None:
    called: list[Any] = []
    stranger = MeshTokens("auth", OTHER_KEY, KeySet(lambda: kit.jwks))
    known = kit.mesh_tokens(caller) if caller in kit.keys else stranger
    proof = [("x-stellr-service", known.token_for("notification"))] if caller else []
    with (
        serving(kit.runtime(notifications(called.append))) as port,
        grpc.insecure_channel(f"127.0.0.1:{port}") as channel,
    ):
        rpc = send(channel)
        try:
            _, answered = rpc.with_call(message(), metadata=proof)  # type: ignore[attr-defined]
            found = answered.code()
        except grpc.RpcError as error:
            found = error.code()
    assert found is code
    assert len(called) == (code is grpc.StatusCode.OK)
