"""Profiles: made from the account at first touch, changed by their owners."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from services.kit.data.database import Database
from services.kit.data.tables import as_uuid
from services.kit.errors import NotFound
from services.kit.rpc.masks import named_values
from services.kit.work.tasks import Delivery
from services.user import repository
from services.user.changes import changes
from services.user.errors import UserNotFound
from services.user.repository import ProfileRow
from stellr.auth.v1 import auth_internal_service_pb2 as auth
from stellr.auth.v1.account_pb2 import Account, AccountState
from stellr.auth.v1.auth_internal_service_pb2_grpc import AuthInternalServiceStub
from stellr.auth.v1.events_pb2 import AccountChanged, AddressesChanged
from stellr.notification.v1 import notification_internal_service_pb2 as notification
from stellr.user.v1.user_service_pb2 import UpdateOnboardingRequest, UpdateProfileRequest

ACTIVE = "active"
STATE_PREFIX = "ACCOUNT_STATE_"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Profiles:
    """Reads and changes profiles."""

    def __init__(
        self,
        database: Database,
        accounts: AuthInternalServiceStub,
        *,
        set_contact: Delivery[notification.SetContactRequest],
        update_account: Delivery[auth.UpdateAccountRequest],
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._set_contact = set_contact
        self._update_account = update_account

    def get(self, user_id: UUID) -> ProfileRow:
        """The profile of a person; NotFound (ACCOUNT_NOT_FOUND) where there is no account."""
        return repository.find_profile(self._database, user_id) or self._begin(user_id)

    def get_public(self, user: str) -> ProfileRow:
        """The profile that others see; UserNotFound, also for an account that is not in use."""
        user_id = as_uuid(user)
        if user_id is None:
            raise UserNotFound
        try:
            profile = self.get(user_id)
        except NotFound:
            raise UserNotFound from None
        if profile.state != ACTIVE:
            raise UserNotFound
        return profile

    def update(self, user_id: UUID, request: UpdateProfileRequest) -> ProfileRow:
        """Change what the request names; InvalidArgument as in `changes`."""
        return self.change(user_id, changes(request.profile, request.update_mask.paths))

    def update_onboarding(self, user_id: UUID, request: UpdateOnboardingRequest) -> ProfileRow:
        """Change how far a newcomer has come; InvalidFields as in `named_values`."""
        mask = request.update_mask.paths
        return self.change(user_id, named_values(request.onboarding, mask, body="onboarding"))

    def change(self, user_id: UUID, values: dict[str, Any]) -> ProfileRow:
        """Change columns, and tell those who keep copies of them."""
        profile = self.get(user_id)
        if not values:
            return profile
        changed = repository.update_profile(self._database, user_id, values)
        if changed is None:  # erased meanwhile
            raise UserNotFound
        if {"display_name", "locale", "timezone"} & values.keys():
            self._tell(changed, values)
        return changed

    def follow_addresses(self, event: AddressesChanged) -> None:
        """Take over the addresses that were proven anew."""
        user_id = UUID(event.user_id)
        repository.lock_profile(self._database, user_id)
        repository.set_addresses(self._database, user_id, event.email, event.phone)

    def follow_state(self, event: AccountChanged) -> None:
        """Take over the state of an account."""
        user_id = UUID(event.user_id)
        repository.lock_profile(self._database, user_id)
        repository.set_state(self._database, user_id, state_name(event.state))

    def _begin(self, user_id: UUID) -> ProfileRow:
        with self._database.transaction():
            # First: what becomes of the account after it was asked for is dealt with afterwards.
            repository.lock_profile(self._database, user_id)
            account = self._accounts.GetAccount(auth.GetAccountRequest(user_id=str(user_id)))
            profile = repository.create_profile(self._database, _first_values(user_id, account))
        if profile is None:
            raise UserNotFound
        return profile

    def _tell(self, profile: ProfileRow, values: dict[str, Any]) -> None:
        user_id, revision = str(profile.user_id), _micros(profile.updated_at)
        columns = {"name": "display_name", "locale": "locale", "timezone": "timezone"}
        fields = {field: values.get(column) for field, column in columns.items()}
        card = notification.SetContactRequest(user_id=user_id, revision_micros=revision, **fields)
        self._set_contact(card)
        own = auth.UpdateAccountRequest(
            user_id=user_id,
            display_name=profile.display_name,
            locale=profile.locale,
            revision_micros=revision,
        )
        self._update_account(own)


def state_name(state: AccountState.ValueType) -> str:
    """The state of an account as it is kept: "active"."""
    return AccountState.Name(state).removeprefix(STATE_PREFIX).lower()


def _first_values(user_id: UUID, account: Account) -> dict[str, Any]:
    logged_in = account.HasField("first_login_time")
    return {
        "user_id": user_id,
        "email": account.user.email,
        "phone": account.user.phone,
        "display_name": account.user.display_name,
        "locale": account.locale,
        "first_login_at": account.first_login_time.ToDatetime(UTC) if logged_in else None,
        "state": state_name(account.state),
        "created_at": account.create_time.ToDatetime(UTC),
    }


def _micros(time: datetime) -> int:
    return (time - EPOCH) // timedelta(microseconds=1)
