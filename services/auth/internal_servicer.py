"""The RPCs of AuthInternalService: unpack, one call, repack."""

from __future__ import annotations

from uuid import UUID

import grpc

from services.auth.address_change import AddressChange
from services.auth.errors import AccountNotFound
from services.auth.repository.accounts import find_account
from services.auth.repository.standing import update_profile
from services.auth.signing_keys import SigningKeys
from services.auth.standing import Standing
from services.auth.views import (
    account_message,
    jwk_shape,
    jwks_message,
    verification_message,
)
from services.kit.data.database import Database
from services.kit.identity.roles import role_name
from stellr.auth.v1 import auth_internal_service_pb2 as pb
from stellr.auth.v1.account_pb2 import Account
from stellr.auth.v1.auth_internal_service_pb2_grpc import AuthInternalServiceServicer
from stellr.auth.v1.keys_pb2 import Jwks
from stellr.auth.v1.sign_in_pb2 import Verification


class AuthInternalServicer(AuthInternalServiceServicer):
    """Answers the mesh about identities."""

    def __init__(
        self, database: Database, *, standing: Standing, changes: AddressChange, keys: SigningKeys
    ) -> None:
        self._database = database
        self._standing = standing
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

    def GetAccessTokenKeys(
        self, request: pb.GetAccessTokenKeysRequest, context: grpc.ServicerContext
    ) -> Jwks:
        """The public keys of access tokens."""
        return jwks_message(self._keys.jwks()["keys"])

    def PublishKeys(
        self, request: pb.PublishKeysRequest, context: grpc.ServicerContext
    ) -> pb.PublishKeysResponse:
        """Publish keys of the caller."""
        self._keys.publish(map(jwk_shape, request.keys))
        return pb.PublishKeysResponse()

    def UpdateAccount(
        self, request: pb.UpdateAccountRequest, context: grpc.ServicerContext
    ) -> pb.UpdateAccountResponse:
        """Keep what a profile says."""
        update_profile(
            self._database,
            UUID(request.user_id),
            request.display_name,
            request.locale,
            request.revision_micros,
        )
        return pb.UpdateAccountResponse()

    def DeleteAccount(
        self, request: pb.DeleteAccountRequest, context: grpc.ServicerContext
    ) -> Account:
        """Delete an account until it is erased."""
        return account_message(self._standing.delete(UUID(request.user_id)))

    def RestoreAccount(
        self, request: pb.RestoreAccountRequest, context: grpc.ServicerContext
    ) -> Account:
        """Take that back."""
        return account_message(self._standing.restore(UUID(request.user_id)))

    def GrantRole(self, request: pb.GrantRoleRequest, context: grpc.ServicerContext) -> Account:
        """Give a role to an account."""
        return account_message(self._standing.grant(request.email, role_name(request.role)))

    def RevokeRole(self, request: pb.RevokeRoleRequest, context: grpc.ServicerContext) -> Account:
        """Take a role from an account."""
        return account_message(self._standing.revoke(request.email, role_name(request.role)))

    def EraseAccount(
        self, request: pb.EraseAccountRequest, context: grpc.ServicerContext
    ) -> pb.EraseAccountResponse:
        """Erase an account now."""
        self._standing.erase(request.email)
        return pb.EraseAccountResponse()
