"""Signing in, or up, by the provider: at its pages, or by what it gave to an app."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple
from urllib.parse import urlencode

from services.auth.failures import Failures
from services.auth.openid.config import OpenIdConfig
from services.auth.openid.errors import OpenIdNotConfigured, OpenIdRefused, OpenIdReused
from services.auth.openid.id_token import Identity, read, same_nonce
from services.auth.openid.linking import Linking
from services.auth.openid.provider import Provider
from services.auth.openid.states import States
from services.auth.repository import openid
from services.auth.repository.accounts import AccountRow
from services.kit.data.database import Database
from services.kit.errors import InvalidFields, Violation

SCOPE = "openid email profile"
THREADS = 8


class Beginning(NamedTuple):
    """Where a person signs in, and what comes back."""

    authorization_url: str
    state: str


class Proof(NamedTuple):
    """What a person brings from the provider: a code, or an ID token."""

    code: str
    state: str
    redirect_uri: str
    id_token: str
    nonce: str


def openid_threads() -> ThreadPoolExecutor:
    """Threads for RPCs that wait for the provider; a free one takes the next call."""
    return ThreadPoolExecutor(THREADS, "openid")


class OpenIdLogin:
    """Begins sign-ins and ends them. No connection is held while the provider is asked."""

    def __init__(
        self,
        database: Database,
        config: OpenIdConfig | None,
        *,
        states: States,
        linking: Linking,
        failures: Failures,
    ) -> None:
        """Without a `config` all is refused."""
        self._database = database
        self._maybe_config = config
        self._maybe_provider = Provider(config) if config else None
        self._states = states
        self._linking = linking
        self._failures = failures

    def begin(self, redirect_uri: str) -> Beginning:
        """Where to sign in; InvalidFields for a redirect URI that is not allowed.

        OpenIdNotConfigured; OpenIdUnavailable.
        """
        endpoint = self._provider.metadata.authorization_endpoint
        if not self._config.allows(redirect_uri):
            raise InvalidFields([Violation("redirectUri", "is not one that is allowed")])
        begun = self._states.begin(redirect_uri)
        query = {
            "response_type": "code",
            "client_id": self._config.client_id,
            "redirect_uri": redirect_uri,
            "scope": SCOPE,
            "state": begun.state,
            "nonce": begun.nonce,
            "code_challenge": begun.challenge,
            "code_challenge_method": "S256",
        }
        joint = "&" if "?" in endpoint else "?"
        return Beginning(f"{endpoint}{joint}{urlencode(query)}", begun.state)

    def finish(self, proof: Proof) -> AccountRow:
        """The account of whoever the proof is about, made where there is none.

        OpenIdRefused; OpenIdUnavailable; InvalidFields where it is no whole proof.
        """
        _check(proof)
        identity = self._by_token(proof) if proof.id_token else self._by_code(proof)
        return self._linking.account_of(identity)

    def _by_code(self, proof: Proof) -> Identity:
        state = self._states.read(proof.state, proof.redirect_uri)
        # Before the provider is asked, and for good: who comes second with the same state is
        # refused, whatever becomes of the first.
        with self._database.transaction():
            if not self._use(state.state, state.expires_at):
                raise OpenIdRefused
        token = self._provider.redeem(proof.code, state.verifier, proof.redirect_uri)
        return read(token, self._provider, self._config, same_nonce(state.nonce))

    def _by_token(self, proof: Proof) -> Identity:
        identity = read(proof.id_token, self._provider, self._config, same_nonce(proof.nonce))
        # A token that somebody else saw is good for nothing once its owner is signed in. Without
        # its signature, of which there may be several spellings.
        if not self._use(proof.id_token.rpartition(".")[0], identity.expires_at):
            self._note_reuse(identity)
            raise OpenIdReused
        return identity

    def _use(self, used: str, expires_at: int) -> bool:
        digest = hashlib.sha256(used.encode()).hexdigest()
        return openid.use(self._database, digest, expires_at)

    def _note_reuse(self, identity: Identity) -> None:
        known = openid.hold_account_of(self._database, identity.issuer, identity.subject)
        subject = f"{identity.issuer} {identity.subject}"
        self._failures.note(known and known.account_id, subject, "openid")

    @property
    def _config(self) -> OpenIdConfig:
        if self._maybe_config is None:
            raise OpenIdNotConfigured
        return self._maybe_config

    @property
    def _provider(self) -> Provider:
        if self._maybe_provider is None:
            raise OpenIdNotConfigured
        return self._maybe_provider


def _check(proof: Proof) -> None:
    by_code = {"code": proof.code, "state": proof.state, "redirectUri": proof.redirect_uri}
    needed, other = ({"nonce": proof.nonce}, by_code) if proof.id_token else (by_code, {})
    wrong = [Violation(name, "is required") for name, value in needed.items() if not value]
    wrong += [Violation(name, "does not go with idToken") for name, value in other.items() if value]
    if wrong:
        raise InvalidFields(wrong)
