"""User, put together."""

from __future__ import annotations

from pathlib import Path

from services.kit.process.runtime import Runtime
from services.kit.process.service import Domain, Registration, Service
from services.user.internal_servicer import UserInternalServicer
from services.user.profiles import Profiles
from services.user.servicer import UserServicer
from stellr.auth.v1.auth_internal_service_pb2_grpc import AuthInternalServiceStub
from stellr.notification.v1.notification_internal_service_pb2_grpc import (
    NotificationInternalServiceStub,
)
from stellr.user.v1.user_internal_service_pb2_grpc import add_UserInternalServiceServicer_to_server
from stellr.user.v1.user_service_pb2_grpc import add_UserServiceServicer_to_server


def build(runtime: Runtime) -> Domain:
    """What user consists of."""
    notification = NotificationInternalServiceStub(runtime.channel("notification"))
    accounts = AuthInternalServiceStub(runtime.channel("auth"))
    set_contact = runtime.jobs.delivery(notification.SetContact)
    profiles = Profiles(runtime.database, accounts, set_contact)
    return Domain(
        servicers=[
            Registration(add_UserServiceServicer_to_server, UserServicer(profiles)),
            Registration(add_UserInternalServiceServicer_to_server, UserInternalServicer(profiles)),
        ]
    )


SERVICE = Service(
    name="user",
    build=build,
    calls=("auth", "notification"),
    migrations=str(Path(__file__).parent / "migrations"),
)
