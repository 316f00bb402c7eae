"""Follows auth's identity feed, so that a session that ended is refused by every service."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any
from uuid import UUID

import grpc
import structlog

from services.kit.errors import DomainError, SessionEnded, TokenStale
from services.kit.identity.tokens import AccessToken
from stellr.auth.v1 import auth_internal_service_pb2 as feed
from stellr.auth.v1.auth_internal_service_pb2_grpc import AuthInternalServiceStub

if TYPE_CHECKING:
    from services.kit.rpc.clients import MeshChannel

log = structlog.get_logger("stellr.identity")

# As long as any access token may live; what is older than that can no longer matter.
REMEMBER_SECONDS = 3600
RECONNECT_SECONDS = 0.2


class IdentityState:
    """What access tokens do not know: which sessions ended, whose roles changed."""

    def __init__(self) -> None:
        self._ended: dict[UUID, float] = {}
        self._versions: dict[UUID, tuple[int, float]] = {}
        self._next_purge = 0.0

    def apply(self, event: feed.IdentityEvent) -> None:
        """Take an event of the feed in."""
        kind = event.WhichOneof("event")
        if kind == "session_ended":
            self._ended[UUID(event.session_ended)] = time.time()
        elif kind == "roles_changed":
            change = event.roles_changed
            self._versions[UUID(change.user_id)] = (change.version, time.time())
        self._purge()

    def check(self, token: AccessToken) -> None:
        """SessionEnded, or TokenStale where the roles changed."""
        if token.session_id in self._ended:
            raise SessionEnded
        if token.version < self._versions.get(token.user_id, (0, 0.0))[0]:
            raise TokenStale

    def _purge(self) -> None:
        now = time.time()
        if now < self._next_purge:
            return
        self._next_purge = now + 60
        past = now - REMEMBER_SECONDS
        self._ended = {key: at for key, at in self._ended.items() if at > past}
        self._versions = {key: told for key, told in self._versions.items() if told[1] > past}


class IdentityFollower(threading.Thread):
    """The thread that holds the feed open; `caught_up` is set once all past events are known."""

    def __init__(self, channel: MeshChannel, state: IdentityState) -> None:
        super().__init__(name="identity-feed", daemon=True)
        self.caught_up = threading.Event()
        self._stub = AuthInternalServiceStub(channel)
        self._state = state
        self._cursor = ""
        self._stopping = threading.Event()
        self._stream: Any = None

    def run(self) -> None:
        """Follow until stopped; a broken stream is taken up where it ended."""
        while not self._stopping.is_set():
            try:
                self._follow()
            except (grpc.RpcError, DomainError) as error:
                log.debug("identity feed broke", error=str(error))
            self._stopping.wait(RECONNECT_SECONDS)

    def stop(self) -> None:
        """End the stream and the thread."""
        self._stopping.set()
        if self._stream is not None:
            self._stream.cancel()

    def _follow(self) -> None:
        request = feed.WatchIdentityEventsRequest(cursor=self._cursor)
        stream = self._stub.WatchIdentityEvents(request)
        self._stream = stream
        for event in stream:
            self._state.apply(event)
            self._cursor = event.cursor or self._cursor
            if event.caught_up:
                self.caught_up.set()
