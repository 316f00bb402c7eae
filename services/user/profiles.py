"""Profiles: made from the account at first touch, changed by their owners."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from services.kit.data.database import Database
from services.kit.work.tasks import Delivery
from services.user import repository
from services.user.changes import changes
from services.user.repository import ProfileRow
from stellr.auth.v1 import auth_internal_service_pb2 as auth
from stellr.auth.v1.account_pb2 import Account
from stellr.auth.v1.auth_internal_service_pb2_grpc import AuthInternalServiceStub
from stellr.notification.v1 import notification_internal_service_pb2 as notification
from stellr.user.v1.user_service_pb2 import UpdateProfileRequest

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Profiles:
    """Reads and changes profiles."""

    def __init__(
        self,
        database: Database,
        accounts: AuthInternalServiceStub,
        set_contact: Delivery[notification.SetContactRequest],
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._set_contact = set_contact

    def get(self, user_id: UUID) -> ProfileRow:
        """The profile of a person; NotFound (ACCOUNT_NOT_FOUND) where there is no account."""
        return repository.find_profile(self._database, user_id) or self._begin(user_id)

    def update(self, user_id: UUID, request: UpdateProfileRequest) -> ProfileRow:
        """Change what the request names; InvalidArgument as in `changes`."""
        values = changes(request.profile, request.update_mask.paths)
        profile = self.get(user_id)
        if not values:
            return profile
        profile = repository.update_profile(self._database, user_id, values)
        self._tell_contact(profile, values)
        return profile

    def _begin(self, user_id: UUID) -> ProfileRow:
        account = self._accounts.GetAccount(auth.GetAccountRequest(user_id=str(user_id)))
        with self._database.transaction():
            return repository.create_profile(self._database, _first_values(user_id, account))

    def _tell_contact(self, profile: ProfileRow, values: dict[str, str]) -> None:
        fields = {"name": values.get("display_name"), "locale": values.get("locale")}
        if not any(fields.values()):
            return
        card = notification.SetContactRequest(
            user_id=str(profile.user_id), revision_micros=_micros(profile.updated_at), **fields
        )
        self._set_contact(card)


def _first_values(user_id: UUID, account: Account) -> dict[str, Any]:
    logged_in = account.HasField("first_login_time")
    return {
        "user_id": user_id,
        "email": account.user.email,
        "phone": account.user.phone,
        "display_name": account.user.display_name,
        "locale": account.locale,
        "first_login_at": account.first_login_time.ToDatetime(UTC) if logged_in else None,
        "created_at": account.create_time.ToDatetime(UTC),
    }


def _micros(time: datetime) -> int:
    return (time - EPOCH) // timedelta(microseconds=1)
