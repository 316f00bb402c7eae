"""The RPCs of AuthInternalService: unpack, one call, repack."""

from __future__ import annotations

from uuid import UUID

import grpc

from services.auth import repository
from services.auth.addresses import normalize_email
from services.auth.errors import AccountNotFound
from services.auth.views import account_message
from services.kit.data.database import Database
from services.kit.events.events import Events
from services.kit.identity.roles import role_name
from stellr.auth.v1 import auth_internal_service_pb2 as pb
from stellr.auth.v1.auth_internal_service_pb2_grpc import AuthInternalServiceServicer
from stellr.auth.v1.events_pb2 import AccountChanged


class AuthInternalServicer(AuthInternalServiceServicer):
    """Answers the mesh about identities."""

    def __init__(self, database: Database, events: Events) -> None:
        self._database = database
        self._events = events

    def GetAccount(
        self, request: pb.GetAccountRequest, context: grpc.ServicerContext
    ) -> pb.Account:
        """An account by its id."""
        with self._database.transaction() as unit:
            account = repository.find_account(unit.session, UUID(request.user_id))
        if account is None:
            raise AccountNotFound
        return account_message(account)

    def GrantRole(self, request: pb.GrantRoleRequest, context: grpc.ServicerContext) -> pb.Account:
        """Give a role to an account."""
        email, role = normalize_email(request.email), role_name(request.role)
        account, is_new = repository.add_role(self._database.session, email, role)
        if account is None:
            raise AccountNotFound
        if is_new:
            user_id = str(account.account_id)
            changed = AccountChanged(user_id=user_id, version=account.version)
            self._events.append(changed, awaited=True)
        return account_message(account)
