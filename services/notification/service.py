"""Notification, put together."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from services.kit.events.consumer import on
from services.kit.process.runtime import Runtime
from services.kit.process.service import Domain, Periodic, PersonalData, Registration, Service
from services.kit.work.queues import Queue
from services.kit.work.tasks import Task
from services.notification.dead_letters import History
from services.notification.delivery import Carrier, Deliveries, Provider
from services.notification.device_servicer import DeviceServicer
from services.notification.devices import Devices
from services.notification.digests import Held
from services.notification.dispatching import Dispatcher
from services.notification.feed import Feed
from services.notification.feed_servicer import FeedServicer
from services.notification.feed_streams import FeedStreams
from services.notification.internal_servicer import NotificationInternalServicer
from services.notification.mailing import Mailer
from services.notification.models import Channel
from services.notification.pacing import Pace
from services.notification.personal import erase_person, export_person
from services.notification.preferences import Preferences
from services.notification.push.pushing import Pusher
from services.notification.push.vapid import VapidKey
from services.notification.recovery import KNOCK_SECONDS, Recovery
from services.notification.refusing import Refusing
from services.notification.repository.past import purge
from services.notification.sending import Messages
from services.notification.servicer import NotificationServicer
from services.notification.settings import NotificationSettings
from services.notification.standing import Standing
from services.notification.texting import Texter
from services.notification.unsubscribing import PURPOSE, Unsubscribing
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
    house = House(runtime, runtime.settings_of(NotificationSettings))
    internal = NotificationInternalServicer(house.messages, house.preferences)
    streams = make_streams(runtime, house.standing)
    feeds = FeedServicer(house.feed, streams, house.standing)
    phones = DeviceServicer(house.devices, house.vapid)
    return Domain(
        servicers=[
            Registration(add_NotificationServiceServicer_to_server, make_servicer(runtime, house)),
            Registration(add_NotificationInternalServiceServicer_to_server, internal),
            Registration(add_FeedServiceServicer_to_server, feeds),
            Registration(add_DeviceServiceServicer_to_server, phones),
        ],
        consumers=[
            on(SessionEnded, house.devices.session_ended),
            on(AccountChanged, house.messages.follow_state),
        ],
        periodic=[
            Periodic("forget_the_past", 3600.0, partial(purge, runtime.database)),
            Periodic("send_met", 5.0, house.messages.send_met),
            Periodic("release_held", 5.0, house.held.release),
            Periodic("close_idle_sessions", 10.0, house.mailer.close_idle, everywhere=True),
            Periodic("forget_devices", 3600.0, house.devices.purge),
            Periodic("forget_feed", 3600.0, house.feed.purge),
            *(
                Periodic(f"knock_{channel.value}", KNOCK_SECONDS, provider.recovery.knock)
                for channel, provider in house.providers.items()
            ),
        ],
        personal=PersonalData.over(runtime.database, export_person, erase_person),
    )


def make_streams(runtime: Runtime, standing: Standing) -> FeedStreams:
    """The streams of feeds, told of what happens."""
    streams = FeedStreams(runtime.database, standing, runtime.stopping)
    runtime.events.listen(FeedsChanged, streams.feeds_changed)
    runtime.events.listener(runtime.name).on_begin(streams.all_changed)
    runtime.events.listen(SessionEnded, streams.session_ended)
    runtime.events.listen(AccountChanged, streams.account_changed)
    runtime.supervisor.add("feed streams", streams.run)
    return streams


def make_servicer(runtime: Runtime, house: House) -> NotificationServicer:
    """What answers the public."""
    return NotificationServicer(
        house.messages,
        house.preferences,
        History(runtime.database, runtime.page_tokens, house.dispatcher),
        house.unsubscribing,
        public_url=runtime.settings.public_url,
    )


class House:
    """What takes messages in, with the jobs that send them."""

    def __init__(self, runtime: Runtime, own: NotificationSettings) -> None:
        background = runtime.background
        telling = {
            Channel.EMAIL.value: background.add("mails"),
            Channel.SMS.value: background.add("texts"),
        }
        count = Refusing(runtime.metrics.message, telling)
        database, tasks = runtime.database, dict[Channel, Task]()
        self.standing = Standing(runtime.access_tokens, runtime.revocations)
        self.feed = Feed(database, runtime.events, runtime.page_tokens, runtime.settings.public_url)
        self.devices = Devices(database, self.standing, anywhere=bool(own.web_push_networks))
        self.vapid = VapidKey(database, runtime.sealer("vapid"), own.vapid_private_key)
        self.dispatcher = Dispatcher(database, tasks, self.feed, self.devices)
        self.held = Held(database, self.dispatcher)
        self.preferences = Preferences(database, self.held.look_again)
        self.unsubscribing = Unsubscribing(
            database, runtime.signer(PURPOSE), self.preferences, runtime.settings.public_url
        )
        self.mailer = Mailer(runtime.settings, own, self.unsubscribing, count)
        self.providers = dict[Channel, Provider]()
        deliver = Deliveries(database, self.providers, self.dispatcher).deliver
        tasks[Channel.EMAIL] = runtime.jobs.task("deliver_mail", deliver)
        # A provider of SMS that hangs holds up no mail, nor the reverse.
        tasks[Channel.SMS] = runtime.jobs.task("deliver_text", deliver, queue=Queue.APART)
        tasks[Channel.PUSH] = runtime.jobs.task("deliver_push", deliver, queue=Queue.CROWD)
        pusher = Pusher(runtime.settings, own, database, self.vapid, count)
        carriers: Sequence[tuple[Channel, Carrier, float]] = (
            (Channel.EMAIL, self.mailer, own.mail_rate),
            (Channel.SMS, Texter(runtime.settings, own, count), own.sms_rate),
            (Channel.PUSH, pusher, own.push_rate),
        )
        for channel, carrier, rate in carriers:
            pace, recovery = Pace(database, channel, rate), Recovery(tasks[channel])
            self.providers[channel] = Provider(carrier, pace, recovery)
        self.messages = Messages(database, self.dispatcher, self.held)


SERVICE = Service(
    name="notification",
    build=build,
    migrations=str(Path(__file__).parent / "migrations"),
)
