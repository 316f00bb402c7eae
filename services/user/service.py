"""User, put together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from services.kit.process.runtime import Runtime
from services.kit.process.service import Registration, Service
from services.user.internal_servicer import UserInternalServicer
from services.user.profiles import Profiles
from services.user.servicer import UserServicer
from stellr.notification.v1.notification_internal_service_pb2_grpc import (
    NotificationInternalServiceStub,
)
from stellr.user.v1.user_internal_service_pb2_grpc import add_UserInternalServiceServicer_to_server
from stellr.user.v1.user_service_pb2_grpc import add_UserServiceServicer_to_server


def build(runtime: Runtime) -> Sequence[Registration]:
    """The servicers of user."""
    notification = NotificationInternalServiceStub(runtime.channel("notification"))
    profiles = Profiles(runtime, runtime.jobs.delivery(notification.SetContact))
    return [
        Registration(add_UserServiceServicer_to_server, UserServicer(profiles)),
        Registration(add_UserInternalServiceServicer_to_server, UserInternalServicer(profiles)),
    ]


SERVICE = Service(
    name="user",
    build=build,
    calls=("auth", "notification"),
    migrations=str(Path(__file__).parent / "migrations"),
)
