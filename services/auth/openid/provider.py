"""The provider as it describes itself (OpenID Connect Discovery 1.0), its keys, and its codes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Generic, NamedTuple, TypeVar
from urllib.parse import quote

import structlog
from jwt import PyJWKSet
from jwt.exceptions import PyJWTError

from services.auth.openid.config import OpenIdConfig, is_safe
from services.auth.openid.errors import OpenIdRefused, OpenIdUnavailable
from services.auth.openid.http import TIMEOUT_SECONDS, Http
from services.kit import call
from services.kit.waiting import waiting

log = structlog.get_logger("stellr.auth")

KEPT_SECONDS = 3600.0
# A key that is not known is looked for, but not at the pace of whoever makes keys up.
RELOAD_SECONDS = 5.0
RETRY_SECONDS = 2.0
# Signatures that only the provider can make. Never "none", and never a shared secret's.
ALGORITHMS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
)
DISCOVERY = "/.well-known/openid-configuration"
Kept = TypeVar("Kept")


class Metadata(NamedTuple):
    """What the provider says of itself."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    algorithms: frozenset[str]
    takes_basic: bool


class Fresh(Generic[Kept]):
    """A value that is loaded anew after an hour; while that fails, the old one serves on.

    After a failure it is not tried again at once, and who asks meanwhile does not wait.
    """

    def __init__(self, load: Callable[[], Kept]) -> None:
        self._load = load
        self._value: Kept | None = None
        self._loaded_at = float("-inf")
        self._failed_at = float("-inf")
        self._turn = threading.Lock()

    def get(self, max_age: float = KEPT_SECONDS) -> Kept:
        """The value, at most so many seconds old; OpenIdUnavailable where there is none at all."""
        if self._is_due(max_age):
            self._reload(max_age)
        if self._value is None:
            raise OpenIdUnavailable
        return self._value

    def _is_due(self, max_age: float) -> bool:
        now = time.monotonic()
        is_old = self._value is None or now - self._loaded_at > max_age
        return is_old and now - self._failed_at > RETRY_SECONDS

    def _reload(self, max_age: float) -> None:
        # Who can do with the old value leaves the wait to who loads the new one already.
        can_wait = self._value is None or max_age < KEPT_SECONDS
        with waiting:
            mine = self._turn.acquire(timeout=call.patience(TIMEOUT_SECONDS) if can_wait else 0)
        if not mine:
            return
        # A caller in a hurry says nothing of the provider.
        has_time = call.patience(TIMEOUT_SECONDS) == TIMEOUT_SECONDS
        try:
            if self._is_due(max_age):
                self._value = self._load()
                self._loaded_at = time.monotonic()
        except OpenIdUnavailable:
            if has_time:
                self._failed_at = time.monotonic()
        finally:
            self._turn.release()


class Provider:
    """Asks the provider, and keeps what seldom changes."""

    def __init__(self, config: OpenIdConfig) -> None:
        self._config = config
        self._http = Http()
        self._metadata = Fresh(self._discover)
        self._keys = Fresh(self._load_keys)

    @property
    def metadata(self) -> Metadata:
        """What the provider says of itself; OpenIdUnavailable."""
        return self._metadata.get()

    def key(self, kid: str | None) -> Any | None:
        """The key of an id, or the only one there is; None where the provider has no such key.

        OpenIdUnavailable where its keys cannot be had.
        """
        found = _find(self._keys.get(), kid)
        return found or _find(self._keys.get(RELOAD_SECONDS), kid)

    def redeem(self, code: str, verifier: str, redirect_uri: str) -> str:
        """The ID token for a code (RFC 6749, 4.1.3, RFC 7636, 4.5).

        OpenIdRefused where the provider does not take it.
        """
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        auth = self._credentials(form)
        answer = self._http.post(self.metadata.token_endpoint, form, auth)
        if answer.body.get("error") in ("invalid_client", "unauthorized_client"):
            log.error("the OpenID provider does not take the client id and secret that are set")
            raise OpenIdUnavailable
        token = answer.body.get("id_token")
        if not isinstance(token, str):
            raise OpenIdRefused
        return token

    def _credentials(self, form: dict[str, str]) -> tuple[str, str] | None:
        """How the academy proves itself: by a header, or by what is added to the form."""
        client_id, secret = self._config.client_id, self._config.client_secret
        if secret and self.metadata.takes_basic:
            return quote(client_id, safe=""), quote(secret, safe="")
        form["client_id"] = client_id
        if secret:
            form["client_secret"] = secret
        return None

    def _discover(self) -> Metadata:
        found = self._http.get(self._config.issuer.rstrip("/") + DISCOVERY)
        if found.get("issuer") != self._config.issuer:
            log.error("the OpenID provider is another issuer", issuer=str(found.get("issuer")))
            raise OpenIdUnavailable
        urls = [found.get(name) for name in _ENDPOINTS]
        if not all(isinstance(url, str) and is_safe(url) for url in urls):
            log.error("the OpenID provider has endpoints that are not safe")
            raise OpenIdUnavailable
        methods = found.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        named = found.get("id_token_signing_alg_values_supported", ["RS256"])
        return Metadata(
            self._config.issuer,
            authorization_endpoint=str(urls[0]),
            token_endpoint=str(urls[1]),
            jwks_uri=str(urls[2]),
            algorithms=ALGORITHMS & frozenset(map(str, named)),
            takes_basic="client_secret_basic" in methods,
        )

    def _load_keys(self) -> dict[str, Any]:
        try:
            found = PyJWKSet.from_dict(self._http.get(self.metadata.jwks_uri)).keys
        except PyJWTError as error:
            log.error("the OpenID provider has no keys", error=type(error).__name__)
            raise OpenIdUnavailable from error
        return {
            key.key_id or f"unnamed {index}": key.key
            for index, key in enumerate(found)
            if key.public_key_use in (None, "sig")
        }


_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


def _find(keys: dict[str, Any], kid: str | None) -> Any | None:
    if kid is None:
        return next(iter(keys.values())) if len(keys) == 1 else None
    return keys.get(kid)
