"""What access tokens do not know: which sessions ended, and whose tokens are stale."""

from __future__ import annotations

import time
from uuid import UUID

from services.kit.errors import SessionEnded, TokenStale
from services.kit.identity.tokens import AccessToken

# As long as any access token may live; what is older than that can no longer matter.
REMEMBER_SECONDS = 3600
PURGE_SECONDS = 60


class Revocations:
    """Told by auth's events, asked at every call with an access token."""

    def __init__(self) -> None:
        self._ended: dict[UUID, float] = {}
        self._changed: dict[UUID, float] = {}
        self._next_purge = 0.0

    def end_session(self, session_id: UUID) -> None:
        """Refuse the tokens of a session from now on."""
        self._ended[session_id] = time.time()
        self._purge()

    def change_account(self, user_id: UUID, changed_at: float) -> None:
        """Refuse the tokens that a person was given before this moment (Unix time)."""
        self._changed[user_id] = max(changed_at, self._changed.get(user_id, 0.0))
        self._purge()

    def check(self, token: AccessToken) -> None:
        """SessionEnded, or TokenStale where the roles changed."""
        if token.session_id in self._ended:
            raise SessionEnded
        if token.issued_at < self._changed.get(token.user_id, 0.0):
            raise TokenStale

    def _purge(self) -> None:
        now = time.time()
        if now < self._next_purge:
            return
        self._next_purge = now + PURGE_SECONDS
        for times in (self._ended, self._changed):
            for key in [key for key, at in times.items() if at < now - REMEMBER_SECONDS]:
                del times[key]
