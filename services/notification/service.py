"""Notification, put together."""

from __future__ import annotations

from pathlib import Path

from services.kit.process.runtime import Runtime
from services.kit.process.service import Domain, Registration, Service
from services.notification.delivery import Mailer
from services.notification.internal_servicer import NotificationInternalServicer
from services.notification.sending import Messages
from services.notification.settings import NotificationSettings
from stellr.notification.v1.notification_internal_service_pb2_grpc import (
    add_NotificationInternalServiceServicer_to_server,
)


def build(runtime: Runtime) -> Domain:
    """The servicer of notification; ValueError where the setting of the mail server is bad."""
    own = runtime.settings_of(NotificationSettings)
    mailer = Mailer(runtime.database, runtime.settings, own)
    deliver_mail = runtime.jobs.task("deliver_mail", mailer.deliver)
    servicer = NotificationInternalServicer(Messages(runtime.database, deliver_mail))
    return Domain(
        servicers=[Registration(add_NotificationInternalServiceServicer_to_server, servicer)]
    )


SERVICE = Service(
    name="notification",
    build=build,
    migrations=str(Path(__file__).parent / "migrations"),
)
