"""The RPCs of AuthInternalService: unpack, one call, repack."""

from __future__ import annotations

from uuid import UUID

import grpc

from services.auth.address_change import AddressChange
from services.auth.errors import AccountNotFound
from services.auth.repository.accounts import find_account
from services.auth.roles import Roles
from services.auth.signing_keys import SigningKeys
from services.auth.views import account_message, verification_message
from services.kit.data.database import Database
from services.kit.identity.roles import role_name
from stellr.auth.v1 import auth_internal_service_pb2 as pb
from stellr.auth.v1.account_pb2 import Account
from stellr.auth.v1.auth_internal_service_pb2_grpc import AuthInternalServiceServicer
from stellr.auth.v1.sign_in_pb2 import Verification


class AuthInternalServicer(AuthInternalServiceServicer):
    """Answers the mesh about identities."""

    def __init__(
        self, database: Database, roles: Roles, changes: AddressChange, keys: SigningKeys
    ) -> None:
        self._database = database
        self._roles = roles
        self._changes = changes
        self._keys = keys

    def GetAccount(self, request: pb.GetAccountRequest, context: grpc.ServicerContext) -> Account:
        """An account by its id."""
        account = find_account(self._database, UUID(request.user_id))
        if account is None:
            raise AccountNotFound
        return account_message(account)

    def StartAddressChange(
        self, request: pb.StartAddressChangeRequest, context: grpc.ServicerContext
    ) -> Verification:
        """Send a code to the new address of an account."""
        account_id = UUID(request.user_id)
        if request.WhichOneof("address") == "email":
            return verification_message(self._changes.start_email(account_id, request.email))
        return verification_message(self._changes.start_phone(account_id, request.phone))

    def RotateSigningKeys(
        self, request: pb.RotateSigningKeysRequest, context: grpc.ServicerContext
    ) -> pb.RotateSigningKeysResponse:
        """Make a new key for access tokens."""
        return pb.RotateSigningKeysResponse(kid=self._keys.rotate())

    def GrantRole(self, request: pb.GrantRoleRequest, context: grpc.ServicerContext) -> Account:
        """Give a role to an account."""
        return account_message(self._roles.grant(request.email, role_name(request.role)))
