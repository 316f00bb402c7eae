"""Notification, put together."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from services.kit.process.runtime import Runtime
from services.kit.process.service import Domain, Periodic, PersonalData, Registration, Service
from services.kit.work.queues import Queue
from services.notification.delivery import Carrier, Deliveries
from services.notification.internal_servicer import NotificationInternalServicer
from services.notification.mailing import Mailer
from services.notification.personal import erase_person, export_person
from services.notification.preferences import Preferences
from services.notification.repository import purge
from services.notification.sending import Messages
from services.notification.settings import NotificationSettings
from services.notification.texting import Texter
from services.notification.ways import Way
from stellr.notification.v1.notification_internal_service_pb2_grpc import (
    add_NotificationInternalServiceServicer_to_server,
)


def build(runtime: Runtime) -> Domain:
    """What notification consists of; ValueError where a setting of mails or SMS is bad."""
    own = runtime.settings_of(NotificationSettings)
    servicer = NotificationInternalServicer(
        make_messages(runtime, own), Preferences(runtime.database)
    )
    return Domain(
        servicers=[Registration(add_NotificationInternalServiceServicer_to_server, servicer)],
        periodic=[Periodic("forget_the_past", 3600.0, partial(purge, runtime.database))],
        personal=PersonalData.over(runtime.database, export_person, erase_person),
    )


def make_messages(runtime: Runtime, own: NotificationSettings) -> Messages:
    """What takes messages in, with the jobs that send them."""
    carriers: dict[Way, Carrier] = {
        Way.MAIL: Mailer(runtime.settings, own),
        Way.TEXT: Texter(runtime.settings, own),
    }
    deliver = Deliveries(runtime.database, carriers).deliver
    return Messages(
        runtime.database,
        deliver_mail=runtime.jobs.task("deliver_mail", deliver),
        # A provider of SMS that hangs holds up no mail, nor the reverse.
        deliver_text=runtime.jobs.task("deliver_text", deliver, queue=Queue.APART),
    )


SERVICE = Service(
    name="notification",
    build=build,
    migrations=str(Path(__file__).parent / "migrations"),
)
