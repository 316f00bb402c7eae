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
MESH_TOKEN_SECONDS = 600
CACHED_TOKENS = 20_000


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What a verified access token says."""

    user_id: UUID
    session_id: UUID
    roles: frozenset[str]
    issued_at: float
    expires_at: float


class Bounded(dict[str, Any]):
    """A cache that forgets everything when it is full: bounded, and cheap to read."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size = size

    def keep(self, key: str, value: Any) -> None:
        """Remember the value; the others may be forgotten."""
        if len(self) >= self._size:
            self.clear()
        self[key] = value


class KeySet:
    """Public keys by their id, loaded when an unknown id comes, at most once a second."""

    def __init__(self, load: Callable[[], Mapping[str, Any]]) -> None:
        self._load = load
        self._keys: dict[str, Any] = {}
        self._next_load = 0.0
        self._lock = threading.Lock()

    def find(self, kid: str) -> Any | None:
        """The key, or None; KeysUnavailable where no keys could be loaded yet."""
        if kid not in self._keys:
            self._reload()
        return self._keys.get(kid)

    def _reload(self) -> None:
        with self._lock:
            if time.monotonic() < self._next_load:
                self._insist()
                return
            self._next_load = time.monotonic() + 1
            self._keys = {key["kid"]: ECAlgorithm.from_jwk(key) for key in self._load()["keys"]}

    def _insist(self) -> None:
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

    def __init__(self, keys: KeySet) -> None:
        self._keys = keys
        self._verified = Bounded(CACHED_TOKENS)

    def verify(self, token: str) -> AccessToken:
        """What the token says. TokenExpired, or TokenInvalid."""
        known: AccessToken | None = self._verified.get(token)
        if known is None:
            known = _access_token(_decode(token, self._keys, AUDIENCE))
            self._verified.keep(token, known)
        if known.expires_at <= time.time():
            raise TokenExpired
        return known


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
            claims, kid = _decode(token, self._keys, self._service)
            if claims.get("iss") != kid:
                raise TokenInvalid
            name, expires_at = kid, float(claims["exp"])
            self._verified.keep(token, (name, expires_at))
        if expires_at <= time.time():
            raise TokenInvalid
        return str(name)


def _decode(token: str, keys: KeySet, audience: str) -> tuple[dict[str, Any], str]:
    try:
        kid = str(jwt.get_unverified_header(token).get("kid", ""))
        key = keys.find(kid)
        if key is None:
            raise TokenInvalid
        # Issued "in the future": the clock of this machine is a moment behind the issuer's.
        options = {"require": ["exp", "aud", "iss"], "verify_iat": False}
        claims = jwt.decode(token, key, [ALGORITHM], audience=audience, options=options)  # type: ignore[arg-type]
    except jwt.ExpiredSignatureError:
        raise TokenExpired from None
    except (jwt.InvalidTokenError, ValueError):
        raise TokenInvalid from None
    return claims, kid


def _access_token(decoded: tuple[dict[str, Any], str]) -> AccessToken:
    claims, _ = decoded
    try:
        return AccessToken(
            UUID(claims["sub"]),
            UUID(claims["sid"]),
            frozenset(claims["roles"]),
            float(claims["iat"]),
            float(claims["exp"]),
        )
    except (KeyError, TypeError, ValueError):
        raise TokenInvalid from None
