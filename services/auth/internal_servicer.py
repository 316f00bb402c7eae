"""The RPCs of AuthInternalService: unpack, one call, repack."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import grpc

from services.auth import identity_feed, repository
from services.auth.addresses import normalize_email
from services.auth.errors import AccountNotFound
from services.auth.views import account_message
from services.kit.identity.roles import role_name
from services.kit.process.runtime import Runtime
from stellr.auth.v1 import auth_internal_service_pb2 as pb
from stellr.auth.v1.auth_internal_service_pb2_grpc import AuthInternalServiceServicer


class AuthInternalServicer(AuthInternalServiceServicer):
    """Answers the mesh about identities."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def WatchIdentityEvents(
        self, request: pb.WatchIdentityEventsRequest, context: grpc.ServicerContext
    ) -> Iterator[pb.IdentityEvent]:
        """The identity feed, for as long as both sides live."""
        return identity_feed.watch(self._runtime, request.cursor, context.is_active)

    def GetAccount(
        self, request: pb.GetAccountRequest, context: grpc.ServicerContext
    ) -> pb.Account:
        """An account by its id."""
        db = self._runtime.database.session
        account = repository.find_account(db, UUID(request.user_id))
        if account is None:
            raise AccountNotFound
        return account_message(account)

    def GrantRole(self, request: pb.GrantRoleRequest, context: grpc.ServicerContext) -> pb.Account:
        """Give a role to an account."""
        db = self._runtime.database.session
        account = repository.add_role(db, normalize_email(request.email), role_name(request.role))
        if account is None:
            raise AccountNotFound
        return account_message(account)
