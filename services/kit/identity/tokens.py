"""Tokens that prove who asks: access tokens of persons, mesh tokens of services (RFC 7519)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from jwt.algorithms import ECAlgorithm

from services.kit.errors import KeysUnavailable, TokenExpired, TokenInvalid

ALGORITHM = "ES256"
AUDIENCE = "stellr"
# RFC 9068, 2.1: so that no other token that auth may ever sign is taken for one.
ACCESS_TOKEN_TYPE = "at+jwt"  # noqa: S105
# The version of the account that has the roles of the token.
VERSION_CLAIM = "ver"
# The account is deleted, and may be restored.
DELETED_CLAIM = "del"
# Headers that would have a verifier look for keys where the sender says, or understand what it does
# not (RFC 8725, 3.10; RFC 7515, 4.1.11).
FORBIDDEN_HEADERS = frozenset({"jku", "jwk", "x5u", "x5c", "crit"})
MESH_TOKEN_SECONDS = 600
CACHED_TOKENS = 20_000


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What a verified access token says."""

    user_id: UUID
    session_id: UUID
    roles: frozenset[str]
    # Of the account: its roles as they were then.
    version: int
    expires_at: float
    deleted: bool = False


class Bounded(dict[str, Any]):
    """A cache that drops the oldest when it is full."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size = size
        self._lock = threading.Lock()

    def keep(self, key: str, value: Any) -> None:
        """Remember the value."""
        with self._lock:
            if len(self) >= self._size:
                del self[next(iter(self))]
            self[key] = value


class KeySet:
    """Public keys by their id, loaded anew when an unknown id comes, at most once a second.

    One call loads, and no other waits for it.
    """

    def __init__(self, load: Callable[[], Mapping[str, Any]]) -> None:
        self._load = load
        self._keys: dict[str, Any] = {}
        self._next_load = 0.0
        self._loading = threading.Lock()

    def load_by(self, load: Callable[[], Mapping[str, Any]]) -> None:
        """Take the keys from elsewhere from now on."""
        self._load, self._next_load = load, 0.0

    def load(self) -> None:
        """Load the keys; what the loading raises. For who wants them before they are needed."""
        self._keys = {key["kid"]: ECAlgorithm.from_jwk(key) for key in self._load()["keys"]}

    def find(self, kid: str) -> Any | None:
        """The key, or None. KeysUnavailable where none are known, or they are just being loaded."""
        if kid not in self._keys:
            self._reload()
        return self._keys.get(kid)

    def _reload(self) -> None:
        if not self._loading.acquire(blocking=False):
            raise KeysUnavailable
        try:
            if time.monotonic() >= self._next_load:
                self._next_load = time.monotonic() + 1
                self.load()
        finally:
            self._loading.release()
        if not self._keys:
            raise KeysUnavailable


def load_key(pem: bytes) -> EllipticCurvePrivateKey:
    """The P-256 private key in a PEM; ValueError for any other kind."""
    key = load_pem_private_key(pem, password=None)
    if not isinstance(key, EllipticCurvePrivateKey):
        raise ValueError("not an elliptic curve key")
    return key


class AccessTokens:
    """Verifies access tokens. A verified one is remembered until it expires."""

    def __init__(self, keys: KeySet, issuer: str) -> None:
        self._keys = keys
        self._issuer = issuer
        self._verified = Bounded(CACHED_TOKENS)

    def verify(self, token: str) -> AccessToken:
        """What the token says. TokenExpired, or TokenInvalid."""
        known: AccessToken | None = self._verified.get(token)
        if known is None:
            known = self.read(token)
            self._verified.keep(token, known)
        if known.expires_at <= time.time():
            raise TokenExpired
        return known

    def read(self, token: str) -> AccessToken:
        """What the token says, checked anew."""
        claims, header = _decode(token, self._keys, AUDIENCE)
        if claims["iss"] != self._issuer:
            raise TokenInvalid
        return _access_token(claims, header)


class MeshTokens:
    """Makes the tokens this service proves itself with, and verifies those of others."""

    def __init__(self, service: str, key: EllipticCurvePrivateKey, keys: KeySet) -> None:
        self._service = service
        self._key = key
        self._keys = keys
        self._own: dict[str, tuple[str, float]] = {}
        self._verified = Bounded(CACHED_TOKENS)

    def token_for(self, target: str) -> str:
        """A token that proves this service to `target`, good for at least a minute."""
        token, good_until = self._own.get(target, ("", 0.0))
        now = time.time()
        if now >= good_until:
            claims = {"iss": self._service, "aud": target, "exp": int(now) + MESH_TOKEN_SECONDS}
            token = jwt.encode(claims, self._key, ALGORITHM, headers={"kid": self._service})
            self._own[target] = (token, now + MESH_TOKEN_SECONDS - 60)
        return token

    def verify(self, token: str) -> str:
        """The service that the token proves; TokenInvalid if none."""
        name, expires_at = self._verified.get(token, ("", 0.0))
        if not name:
            claims, header = _decode(token, self._keys, self._service)
            if claims.get("iss") != header["kid"]:
                raise TokenInvalid
            name, expires_at = header["kid"], float(claims["exp"])
            self._verified.keep(token, (name, expires_at))
        if expires_at <= time.time():
            raise TokenInvalid
        return str(name)


def _decode(token: str, keys: KeySet, audience: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The claims and the header of a token that is signed by one of the keys."""
    try:
        header = jwt.get_unverified_header(token)
        if FORBIDDEN_HEADERS & header.keys():
            raise TokenInvalid
        key = keys.find(str(header.get("kid", "")))
        if key is None:
            raise TokenInvalid
        # Issued "in the future": the clock of this machine is a moment behind the issuer's.
        options = {"require": ["exp", "aud", "iss"], "verify_iat": False}
        claims = jwt.decode(token, key, [ALGORITHM], audience=audience, options=options)  # type: ignore[arg-type]
    except jwt.ExpiredSignatureError:
        raise TokenExpired from None
    except (jwt.InvalidTokenError, ValueError):
        raise TokenInvalid from None
    return claims, header


def _access_token(claims: dict[str, Any], header: dict[str, Any]) -> AccessToken:
    try:
        numbers = [claims["iat"], claims["exp"], claims[VERSION_CLAIM]]
        is_whole = all(type(number) is int for number in numbers)
        if str(header["typ"]).lower() != ACCESS_TOKEN_TYPE or not is_whole:
            raise TokenInvalid
        return AccessToken(
            UUID(claims["sub"]),
            UUID(claims["sid"]),
            frozenset(claims["roles"]),
            int(claims[VERSION_CLAIM]),
            float(claims["exp"]),
            deleted=claims.get(DELETED_CLAIM) is True,
        )
    except (KeyError, TypeError, ValueError):
        raise TokenInvalid from None
