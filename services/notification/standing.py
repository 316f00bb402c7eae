"""Whether the caller is still signed in, for what outlasts the check before the handler."""

from __future__ import annotations

from services.kit import call as calls
from services.kit.identity.revocations import Revocations
from services.kit.identity.tokens import AccessToken, AccessTokens


class Standing:
    """Asks what this process has heard of who is signed out."""

    def __init__(self, tokens: AccessTokens, revocations: Revocations) -> None:
        self._tokens = tokens
        self._revocations = revocations

    def token(self) -> AccessToken:
        """The caller's access token."""
        calls.user_id()
        return self._tokens.verify(calls.caller().token)

    def check(self, token: AccessToken) -> None:
        """SessionEnded, TokenStale."""
        self._revocations.check(token)
