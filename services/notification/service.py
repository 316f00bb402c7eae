"""Notification, put together."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from services.kit.events.consumer import on
from services.kit.process.runtime import Runtime
from services.kit.process.service import Domain, Periodic, PersonalData, Registration, Service
from services.kit.work.queues import Queue
from services.kit.work.tasks import Task
from services.notification.briefs import Briefs
from services.notification.delivery import Carrier, Deliveries
from services.notification.device_servicer import DeviceServicer
from services.notification.devices import Devices
from services.notification.dispatching import Dispatcher
from services.notification.feed import Feed
from services.notification.feed_servicer import FeedServicer
from services.notification.feed_streams import FeedStreams
from services.notification.internal_servicer import NotificationInternalServicer
from services.notification.mailing import Mailer
from services.notification.models import Channel
from services.notification.personal import erase_person, export_person
from services.notification.preferences import Preferences
from services.notification.push.pushing import Pusher
from services.notification.push.vapid import VapidKey
from services.notification.repository.past import purge
from services.notification.sending import Messages
from services.notification.servicer import NotificationServicer
from services.notification.settings import NotificationSettings
from services.notification.standing import Standing
from services.notification.texting import Texter
from stellr.auth.v1.events_pb2 import AccountChanged, SessionEnded
from stellr.notification.v1.device_service_pb2_grpc import add_DeviceServiceServicer_to_server
from stellr.notification.v1.events_pb2 import FeedsChanged
from stellr.notification.v1.feed_service_pb2_grpc import add_FeedServiceServicer_to_server
from stellr.notification.v1.notification_internal_service_pb2_grpc import (
    add_NotificationInternalServiceServicer_to_server,
)
from stellr.notification.v1.notification_service_pb2_grpc import (
    add_NotificationServiceServicer_to_server,
)


def build(runtime: Runtime) -> Domain:
    """What notification consists of; ValueError where a setting of mails, SMS or push is bad."""
    own = runtime.settings_of(NotificationSettings)
    standing = Standing(runtime.access_tokens, runtime.revocations)
    feed, devices = make_feed(runtime), make_devices(runtime, own)
    messages = make_messages(runtime, own)
    preferences, vapid = Preferences(runtime.database), make_vapid(runtime, own)
    internal = NotificationInternalServicer(messages, preferences)
    servicer = NotificationServicer(messages, preferences)
    feeds = FeedServicer(feed, make_streams(runtime, standing), standing)
    return Domain(
        servicers=[
            Registration(add_NotificationServiceServicer_to_server, servicer),
            Registration(add_NotificationInternalServiceServicer_to_server, internal),
            Registration(add_FeedServiceServicer_to_server, feeds),
            Registration(add_DeviceServiceServicer_to_server, DeviceServicer(devices, vapid)),
        ],
        consumers=[on(SessionEnded, devices.session_ended)],
        periodic=[
            Periodic("forget_the_past", 3600.0, partial(purge, runtime.database)),
            Periodic("send_met", 5.0, messages.send_met),
            Periodic("forget_devices", 3600.0, devices.purge),
            Periodic("forget_feed", 3600.0, feed.purge),
        ],
        personal=PersonalData.over(runtime.database, export_person, erase_person),
    )


def make_feed(runtime: Runtime) -> Feed:
    """The list in the app."""
    briefs = Briefs(runtime.settings.public_url)
    return Feed(runtime.database, runtime.events, runtime.page_tokens, briefs)


def make_devices(runtime: Runtime, own: NotificationSettings) -> Devices:
    """What shows push messages."""
    standing = Standing(runtime.access_tokens, runtime.revocations)
    return Devices(runtime.database, standing, anywhere=bool(own.web_push_networks))


def make_vapid(runtime: Runtime, own: NotificationSettings) -> VapidKey:
    """The key that messages to browsers are signed with; ValueError where the setting is none."""
    return VapidKey(runtime.database, runtime.sealer("vapid"), own.vapid_private_key)


def make_streams(runtime: Runtime, standing: Standing) -> FeedStreams:
    """The streams of feeds, told of what happens."""
    streams = FeedStreams(runtime.database, standing, runtime.stopping)
    runtime.events.listen(FeedsChanged, streams.feeds_changed)
    runtime.events.listener(runtime.name).on_begin(streams.all_changed)
    runtime.events.listen(SessionEnded, streams.session_ended)
    runtime.events.listen(AccountChanged, streams.account_changed)
    runtime.supervisor.add("feed streams", streams.run)
    return streams


def make_messages(runtime: Runtime, own: NotificationSettings) -> Messages:
    """What takes messages in, with the jobs that send them."""
    carriers: dict[Channel, Carrier] = {
        Channel.EMAIL: Mailer(runtime.settings, own),
        Channel.SMS: Texter(runtime.settings, own),
        Channel.PUSH: Pusher(runtime.settings, own, runtime.database, make_vapid(runtime, own)),
    }
    tasks: dict[Channel, Task] = {}
    dispatcher = Dispatcher(runtime.database, tasks, make_feed(runtime), make_devices(runtime, own))
    deliver = Deliveries(runtime.database, carriers, dispatcher).deliver
    tasks[Channel.EMAIL] = runtime.jobs.task("deliver_mail", deliver)
    # A provider of SMS that hangs holds up no mail, nor the reverse.
    tasks[Channel.SMS] = runtime.jobs.task("deliver_text", deliver, queue=Queue.APART)
    tasks[Channel.PUSH] = runtime.jobs.task("deliver_push", deliver, queue=Queue.CROWD)
    return Messages(runtime.database, dispatcher)


SERVICE = Service(
    name="notification",
    build=build,
    migrations=str(Path(__file__).parent / "migrations"),
)
