"""What an OpenID provider decides (OpenID Connect Core 1.0, authorization-code flow with PKCE).

People are who they say they are, if they have the stack's login key: on one's own machine that
stands for an account at Google.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from edge.local.openid.client import Client
from services.kit.urls import LOOPBACK, parts_of

ALGORITHM = "ES256"
CODE_SECONDS = 60
TOKEN_SECONDS = 600
# Those of people who never come back; the oldest goes first.
MOST_CODES = 1000
REQUIRED = ("state", "nonce", "code_challenge")


class RequestError(Exception):
    """What a person or an application asks for cannot be; the text says why."""


class TokenError(Exception):
    """A code is not redeemed; the text is the error of RFC 6749, 5.2."""


class AuthorizationRequest(NamedTuple):
    """What an application sends a person with."""

    redirect_uri: str
    state: str
    nonce: str
    code_challenge: str


class Person(NamedTuple):
    """Who signs in, as they say."""

    email: str
    name: str


class Grant(NamedTuple):
    """What a code stands for."""

    request: AuthorizationRequest
    person: Person
    expires_at: float


class Provider:
    """Signs people in and redeems their codes. Keys and codes live as long as the process."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._key_id = secrets.token_hex(8)
        self._grants: dict[str, Grant] = {}
        self._lock = threading.Lock()

    def metadata(self) -> dict[str, Any]:
        """OpenID Connect Discovery 1.0."""
        issuer = self._client.issuer
        return {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": f"{issuer}/token",
            "jwks_uri": f"{issuer}/jwks.json",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            "scopes_supported": ["openid", "email", "profile"],
        }

    def keys(self) -> dict[str, Any]:
        """The public key set (RFC 7517)."""
        public = ECAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        return {"keys": [public | {"kid": self._key_id, "use": "sig", "alg": ALGORITHM}]}

    def read_request(self, query: Mapping[str, str]) -> AuthorizationRequest:
        """The request of an application; RequestError names what is wrong with it."""
        if query.get("client_id") != self._client.client_id:
            raise RequestError("client_id is not known here.")
        redirect_uri = query.get("redirect_uri", "")
        if not _is_local(redirect_uri):
            raise RequestError("redirect_uri must be an http URL of this machine.")
        if query.get("response_type") != "code":
            raise RequestError("response_type must be code.")
        if "openid" not in query.get("scope", "").split():
            raise RequestError("scope must have openid.")
        if query.get("code_challenge_method") != "S256":
            raise RequestError("code_challenge_method must be S256.")
        missing = [name for name in REQUIRED if not query.get(name)]
        if missing:
            raise RequestError(f"{missing[0]} is missing.")
        return AuthorizationRequest(redirect_uri, *(query[name] for name in REQUIRED))

    def sign_in(self, request: AuthorizationRequest, person: Person, login_key: str) -> str:
        """Where the person goes on, with a code; RequestError for another key or no address."""
        if not hmac.compare_digest(login_key.strip().encode(), self._client.login_key.encode()):
            raise RequestError("That is not the key of this stack.")
        if "@" not in person.email:
            raise RequestError("An e-mail address is needed.")
        code = secrets.token_urlsafe(32)
        with self._lock:
            self._grants[code] = Grant(request, person, time.monotonic() + CODE_SECONDS)
            if len(self._grants) > MOST_CODES:
                del self._grants[next(iter(self._grants))]
        joint = "&" if urlsplit(request.redirect_uri).query else "?"
        return request.redirect_uri + joint + urlencode({"code": code, "state": request.state})

    def redeem(self, form: Mapping[str, str], credentials: tuple[str, str]) -> dict[str, Any]:
        """The tokens for a code, once (RFC 6749, 4.1.3; RFC 7636, 4.6). TokenError otherwise."""
        known = f"{self._client.client_id}:{self._client.client_secret}"
        if not hmac.compare_digest(":".join(credentials).encode(), known.encode()):
            raise TokenError("invalid_client")
        if form.get("grant_type") != "authorization_code":
            raise TokenError("unsupported_grant_type")
        with self._lock:
            grant = self._grants.pop(form.get("code", ""), None)
        if grant is None or not _redeems(grant, form):
            raise TokenError("invalid_grant")
        return {
            "access_token": secrets.token_urlsafe(32),
            "token_type": "Bearer",
            "expires_in": TOKEN_SECONDS,
            "id_token": self._id_token(grant),
        }

    def _id_token(self, grant: Grant) -> str:
        now, person = int(time.time()), grant.person
        claims = {
            "iss": self._client.issuer,
            "sub": hashlib.sha256(person.email.lower().encode()).hexdigest(),
            "aud": self._client.client_id,
            "iat": now,
            "exp": now + TOKEN_SECONDS,
            "nonce": grant.request.nonce,
            "email": person.email,
            "email_verified": True,
            "name": person.name,
        }
        return jwt.encode(claims, self._key, ALGORITHM, headers={"kid": self._key_id})


def _redeems(grant: Grant, form: Mapping[str, str]) -> bool:
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=")
    is_verifier = hmac.compare_digest(challenge, grant.request.code_challenge.encode())
    is_there = form.get("redirect_uri") == grant.request.redirect_uri
    return is_verifier and is_there and time.monotonic() < grant.expires_at


def _is_local(url: str) -> bool:
    # urlsplit leaves line ends out of what it says, and they would end a header.
    parts = parts_of(url) if url.isascii() and url.isprintable() else None
    if parts is None:
        return False
    is_plain = parts.username is None and not parts.fragment
    return parts.scheme == "http" and parts.hostname in LOOPBACK and is_plain
