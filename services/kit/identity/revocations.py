"""What access tokens do not know: which sessions ended, and whose tokens are stale."""

from __future__ import annotations

import time
from typing import Protocol
from uuid import UUID

from services.kit.errors import RevocationsUnavailable, SessionEnded, TokenStale
from services.kit.identity.tokens import AccessToken

# As long as any access token may live; what is older than that can no longer matter.
REMEMBER_SECONDS = 3600
PURGE_SECONDS = 60

# Who did not hear for so long who was signed out lets nobody write.
LONGEST_SILENCE_SECONDS = 30.0


class Feed(Protocol):
    """What tells the revocations."""

    # time.monotonic() at which it last told that nothing else happened.
    known_at: float


class Revocations:
    """Told by auth's events, asked at every call with an access token."""

    def __init__(self, longest_silence: float = LONGEST_SILENCE_SECONDS) -> None:
        self._longest_silence = longest_silence
        self._feed: Feed | None = None
        self._ended: dict[UUID, float] = {}
        self._versions: dict[UUID, tuple[int, float]] = {}
        self._next_purge = 0.0

    def known_by(self, feed: Feed) -> None:
        """Name who tells them."""
        self._feed = feed

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
        if self.has_ended(token.session_id):
            raise SessionEnded
        if token.version < self._version(token.user_id):
            raise TokenStale

    def has_ended(self, session_id: UUID) -> bool:
        """Whether a session ended within the last hour."""
        return session_id in self._ended

    def check_known(self) -> None:
        """RevocationsUnavailable where they have not been heard of for too long."""
        feed = self._feed
        if feed and time.monotonic() - feed.known_at > self._longest_silence:
            raise RevocationsUnavailable

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
