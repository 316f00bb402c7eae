"""States of sign-ins that have begun: nothing is kept of them until one comes back.

PKCE verifier (RFC 7636) and nonce follow from the state by a key of the server's, and never leave
it before they are due.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from typing import NamedTuple

from services.auth.openid.errors import OpenIdRefused
from services.kit.identity.secrets import Signer

LIFETIME_SECONDS = 600


class State(NamedTuple):
    """A sign-in that began: what the provider is sent, and what proves that it was us."""

    state: str
    verifier: str
    nonce: str
    # A Unix time.
    expires_at: int

    @property
    def challenge(self) -> str:
        """What the provider keeps of the verifier: S256."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


class States:
    """Makes states and knows them again."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    def begin(self, redirect_uri: str) -> State:
        """A new state, which comes back by this redirect URI alone."""
        expires_at = int(time.time()) + LIFETIME_SECONDS
        text = f"{secrets.token_urlsafe(24)}.{expires_at}"
        return self._state(f"{text}.{self._signer.sign(_signed(text, redirect_uri))}", expires_at)

    def read(self, state: str, redirect_uri: str) -> State:
        """The state that came back; OpenIdRefused unless it is ours and of the last ten minutes."""
        text, _, signature = state.rpartition(".")
        if not self._signer.matches(_signed(text, redirect_uri), signature):
            raise OpenIdRefused
        expires_at = int(text.rpartition(".")[2])
        if expires_at < time.time():
            raise OpenIdRefused
        return self._state(state, expires_at)

    def _state(self, state: str, expires_at: int) -> State:
        verifier, nonce = (self._signer.sign(f"{kind} {state}") for kind in ("verifier", "nonce"))
        return State(state, verifier, nonce, expires_at)


def _signed(text: str, redirect_uri: str) -> str:
    return f"state {text} {redirect_uri}"
