"""Follows auth's identity feed, so that a session that ended is refused by every service."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any
from uuid import UUID

import grpc
import structlog

from services.kit.errors import DomainError
from services.kit.identity.revocations import Revocations
from stellr.auth.v1 import auth_internal_service_pb2 as feed
from stellr.auth.v1.auth_internal_service_pb2_grpc import AuthInternalServiceStub

if TYPE_CHECKING:
    from services.kit.rpc.clients import MeshChannel

log = structlog.get_logger("stellr.identity")

RECONNECT_SECONDS = 0.2


class IdentityFollower(threading.Thread):
    """The thread that holds the feed open; `caught_up` is set once all past events are known."""

    def __init__(self, channel: MeshChannel, state: Revocations) -> None:
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
            self._apply(event)
            self._cursor = event.cursor or self._cursor
            if event.caught_up:
                self.caught_up.set()

    def _apply(self, event: feed.IdentityEvent) -> None:
        kind = event.WhichOneof("event")
        if kind == "session_ended":
            self._state.end_session(UUID(event.session_ended))
        elif kind == "roles_changed":
            change = event.roles_changed
            self._state.change_account(UUID(change.user_id), change.version)
