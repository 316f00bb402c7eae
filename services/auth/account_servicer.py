"""The RPCs of AccountService: unpack, one call, repack."""

from __future__ import annotations

import grpc

from services.auth.password_change import PasswordChange
from services.auth.sessions import Sessions
from services.auth.views import session_message
from services.kit import call
from stellr.auth.v1 import account_service_pb2 as pb
from stellr.auth.v1.account_service_pb2_grpc import AccountServiceServicer


class AccountServicer(AccountServiceServicer):
    """Serves people who are signed in, and administrators."""

    def __init__(self, *, sessions: Sessions, password_change: PasswordChange) -> None:
        self._sessions = sessions
        self._password_change = password_change

    def ChangePassword(
        self, request: pb.ChangePasswordRequest, context: grpc.ServicerContext
    ) -> pb.ChangePasswordResponse:
        """Change the caller's password."""
        self._password_change.change(
            call.user_id(), call.session_id(), request.current_password, request.new_password
        )
        return pb.ChangePasswordResponse()

    def ListSessions(
        self, request: pb.ListSessionsRequest, context: grpc.ServicerContext
    ) -> pb.ListSessionsResponse:
        """The caller's sessions."""
        current = call.session_id()
        found = self._sessions.list_sessions(call.user_id())
        return pb.ListSessionsResponse(sessions=[session_message(row, current) for row in found])

    def EndSession(
        self, request: pb.EndSessionRequest, context: grpc.ServicerContext
    ) -> pb.EndSessionResponse:
        """End one of the caller's sessions."""
        self._sessions.end_one(call.user_id(), request.session_id)
        return pb.EndSessionResponse()

    def EndOtherSessions(
        self, request: pb.EndOtherSessionsRequest, context: grpc.ServicerContext
    ) -> pb.EndOtherSessionsResponse:
        """End all sessions of the caller but this one."""
        self._sessions.end_others(call.user_id(), call.session_id())
        return pb.EndOtherSessionsResponse()
