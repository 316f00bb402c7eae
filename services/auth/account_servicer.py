"""The RPCs of AccountService: unpack, one call, repack."""

from __future__ import annotations

import grpc

from services.auth.credentials import Credentials
from services.auth.directory import Directory
from services.auth.password_change import PasswordChange
from services.auth.sessions import Sessions
from services.auth.standing import Standing
from services.auth.views import (
    account_message,
    audit_message,
    credential_message,
    search_of,
    session_message,
)
from services.kit import call
from stellr.auth.v1 import account_service_pb2 as pb
from stellr.auth.v1.account_pb2 import Account
from stellr.auth.v1.account_service_pb2_grpc import AccountServiceServicer


class AccountServicer(AccountServiceServicer):
    """Serves people who are signed in, and administrators."""

    def __init__(
        self,
        *,
        sessions: Sessions,
        credentials: Credentials,
        password_change: PasswordChange,
        standing: Standing,
        directory: Directory,
    ) -> None:
        self._sessions = sessions
        self._credentials = credentials
        self._password_change = password_change
        self._standing = standing
        self._directory = directory

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

    def ListCredentials(
        self, request: pb.ListCredentialsRequest, context: grpc.ServicerContext
    ) -> pb.ListCredentialsResponse:
        """The ways in which the caller can sign in."""
        found = self._credentials.list_credentials(call.user_id())
        return pb.ListCredentialsResponse(credentials=map(credential_message, found))

    def RemoveCredential(
        self, request: pb.RemoveCredentialRequest, context: grpc.ServicerContext
    ) -> pb.RemoveCredentialResponse:
        """Remove one of them."""
        self._credentials.remove(call.user_id(), call.session_id(), request.credential_id)
        return pb.RemoveCredentialResponse()

    def ListAuditEvents(
        self, request: pb.ListAuditEventsRequest, context: grpc.ServicerContext
    ) -> pb.ListAuditEventsResponse:
        """What happened to the caller's account."""
        rows, token = self._directory.list_own_events(
            call.user_id(), request.page_size, request.page_token
        )
        return pb.ListAuditEventsResponse(events=map(audit_message, rows), next_page_token=token)

    def ListUserAuditEvents(
        self, request: pb.ListUserAuditEventsRequest, context: grpc.ServicerContext
    ) -> pb.ListAuditEventsResponse:
        """What happened to an account."""
        rows, token = self._directory.list_events_of(
            request.user_id, request.page_size, request.page_token
        )
        return pb.ListAuditEventsResponse(events=map(audit_message, rows), next_page_token=token)

    def ListUsers(
        self, request: pb.ListUsersRequest, context: grpc.ServicerContext
    ) -> pb.ListUsersResponse:
        """The accounts that match."""
        rows, token = self._directory.list_users(
            search_of(request), request.page_size, request.page_token
        )
        return pb.ListUsersResponse(users=map(account_message, rows), next_page_token=token)

    def SetUserRoles(
        self, request: pb.SetUserRolesRequest, context: grpc.ServicerContext
    ) -> Account:
        """Set the roles of an account."""
        account = self._standing.set_roles(call.user_id(), request.user_id, request.roles)
        return account_message(account)

    def DisableUser(self, request: pb.DisableUserRequest, context: grpc.ServicerContext) -> Account:
        """Disable an account."""
        return account_message(self._standing.disable(call.user_id(), request.user_id))

    def EnableUser(self, request: pb.EnableUserRequest, context: grpc.ServicerContext) -> Account:
        """Enable an account again."""
        return account_message(self._standing.enable(call.user_id(), request.user_id))
