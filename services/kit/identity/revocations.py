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
        self._versions: dict[UUID, tuple[int, float]] = {}
        self._next_purge = 0.0

    def end_session(self, session_id: UUID) -> None:
        """Refuse the tokens of a session from now on."""
        self._ended[session_id] = time.time()
        self._purge()

    def change_account(self, user_id: UUID, version: int) -> None:
        """Refuse the tokens of earlier versions of a person's account."""
        self._versions[user_id] = (max(version, self._version(user_id)), time.time())
        self._purge()

    def check(self, token: AccessToken) -> None:
        """SessionEnded, or TokenStale where the roles changed."""
        if token.session_id in self._ended:
            raise SessionEnded
        if token.version < self._version(token.user_id):
            raise TokenStale

    def _version(self, user_id: UUID) -> int:
        return self._versions.get(user_id, (0, 0.0))[0]

    def _purge(self) -> None:
        now = time.time()
        if now < self._next_purge:
            return
        self._next_purge = now + PURGE_SECONDS
        past = now - REMEMBER_SECONDS
        self._ended = {key: at for key, at in self._ended.items() if at > past}
        self._versions = {key: told for key, told in self._versions.items() if told[1] > past}
