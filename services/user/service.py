"""User, put together."""

from __future__ import annotations

from pathlib import Path

from services.kit.events.consumer import on
from services.kit.process.runtime import Runtime
from services.kit.process.service import Domain, PersonalData, Registration, Service
from services.user.internal_servicer import UserInternalServicer
from services.user.personal import erase_person, export_person
from services.user.preferences import PreferencesOf
from services.user.profiles import Profiles
from services.user.servicer import UserServicer
from stellr.auth.v1.auth_internal_service_pb2_grpc import AuthInternalServiceStub
from stellr.auth.v1.events_pb2 import AccountChanged, AddressesChanged
from stellr.notification.v1.notification_internal_service_pb2_grpc import (
    NotificationInternalServiceStub,
)
from stellr.user.v1.user_internal_service_pb2_grpc import add_UserInternalServiceServicer_to_server
from stellr.user.v1.user_service_pb2_grpc import add_UserServiceServicer_to_server


def build(runtime: Runtime) -> Domain:
    """What user consists of."""
    notification = NotificationInternalServiceStub(runtime.channel("notification"))
    accounts = AuthInternalServiceStub(runtime.channel("auth"))
    profiles = Profiles(
        runtime.database,
        accounts,
        set_contact=runtime.jobs.delivery(notification.SetContact),
        update_account=runtime.jobs.delivery(accounts.UpdateAccount),
    )
    public = UserServicer(profiles, PreferencesOf(profiles, notification), accounts)
    return Domain(
        servicers=[
            Registration(add_UserServiceServicer_to_server, public),
            Registration(add_UserInternalServiceServicer_to_server, UserInternalServicer(profiles)),
        ],
        consumers=[
            on(AddressesChanged, profiles.follow_addresses),
            on(AccountChanged, profiles.follow_state),
        ],
        personal=PersonalData.over(runtime.database, export_person, erase_person),
    )


SERVICE = Service(
    name="user",
    build=build,
    calls=("auth", "notification"),
    follows=("auth",),
    migrations=str(Path(__file__).parent / "migrations"),
)
