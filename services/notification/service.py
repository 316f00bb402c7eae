"""Notification, put together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from services.kit.process.runtime import Runtime
from services.kit.process.service import Registration, Service
from services.notification.delivery import TASKS, mail_transport
from services.notification.internal_servicer import NotificationInternalServicer
from services.notification.sending import Messages
from stellr.notification.v1.notification_internal_service_pb2_grpc import (
    add_NotificationInternalServiceServicer_to_server,
)


def build(runtime: Runtime) -> Sequence[Registration]:
    """The servicer of notification; ValueError where the setting of the mail server is bad."""
    # Only looked at here: better no start than a queue of mails that no server takes.
    mail_transport(runtime.settings)
    servicer = NotificationInternalServicer(Messages(runtime))
    return [Registration(add_NotificationInternalServiceServicer_to_server, servicer)]


SERVICE = Service(
    name="notification",
    build=build,
    migrations=str(Path(__file__).parent / "migrations"),
    tasks=TASKS,
)
