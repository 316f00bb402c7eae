"""Notification, put together."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from services.kit.process.runtime import Runtime
from services.kit.process.service import Domain, Periodic, PersonalData, Registration, Service
from services.kit.work.queues import Queue
from services.kit.work.tasks import Task
from services.notification.delivery import Carrier, Deliveries
from services.notification.dispatching import Dispatcher, NoDevices, NoFeed
from services.notification.internal_servicer import NotificationInternalServicer
from services.notification.mailing import Mailer
from services.notification.models import Channel
from services.notification.personal import erase_person, export_person
from services.notification.preferences import Preferences
from services.notification.repository.past import purge
from services.notification.sending import Messages
from services.notification.servicer import NotificationServicer
from services.notification.settings import NotificationSettings
from services.notification.texting import Texter
from stellr.notification.v1.notification_internal_service_pb2_grpc import (
    add_NotificationInternalServiceServicer_to_server,
)
from stellr.notification.v1.notification_service_pb2_grpc import (
    add_NotificationServiceServicer_to_server,
)


def build(runtime: Runtime) -> Domain:
    """What notification consists of; ValueError where a setting of mails or SMS is bad."""
    own = runtime.settings_of(NotificationSettings)
    messages = make_messages(runtime, own)
    preferences = Preferences(runtime.database)
    internal = NotificationInternalServicer(messages, preferences)
    servicer = NotificationServicer(messages, preferences)
    return Domain(
        servicers=[
            Registration(add_NotificationServiceServicer_to_server, servicer),
            Registration(add_NotificationInternalServiceServicer_to_server, internal),
        ],
        periodic=[
            Periodic("forget_the_past", 3600.0, partial(purge, runtime.database)),
            Periodic("send_met", 5.0, messages.send_met),
        ],
        personal=PersonalData.over(runtime.database, export_person, erase_person),
    )


def make_messages(runtime: Runtime, own: NotificationSettings) -> Messages:
    """What takes messages in, with the jobs that send them."""
    carriers: dict[Channel, Carrier] = {
        Channel.EMAIL: Mailer(runtime.settings, own),
        Channel.SMS: Texter(runtime.settings, own),
    }
    tasks: dict[Channel, Task] = {}
    # notify2: the feed, the devices, and the carrier and task of push.
    dispatcher = Dispatcher(runtime.database, tasks, NoFeed(), NoDevices())
    deliver = Deliveries(runtime.database, carriers, dispatcher).deliver
    tasks[Channel.EMAIL] = runtime.jobs.task("deliver_mail", deliver)
    # A provider of SMS that hangs holds up no mail, nor the reverse.
    tasks[Channel.SMS] = runtime.jobs.task("deliver_text", deliver, queue=Queue.APART)
    return Messages(runtime.database, dispatcher)


SERVICE = Service(
    name="notification",
    build=build,
    migrations=str(Path(__file__).parent / "migrations"),
)
