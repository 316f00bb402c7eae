"""Push messages leave by the way that is right for the device."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr

from services.kit.data.database import Database
from services.kit.process.settings import Settings
from services.notification.counting import Count, handed_over
from services.notification.models import Channel
from services.notification.push.messages import (
    LONGEST_BODY,
    LONGEST_LINK,
    LONGEST_TITLE,
    PushDevice,
    PushMessage,
    PushTransport,
    Urgency,
    shortened,
)
from services.notification.push.networks import networks
from services.notification.push.outbox import OutboxPush
from services.notification.push.vapid import VapidHeaders, VapidKey
from services.notification.refusals import DeviceGone, TooLate, TransportError
from services.notification.repository import devices
from services.notification.repository.deliveries import Outgoing
from services.notification.settings import NotificationSettings
from services.notification.switches import CATEGORY
from services.notification.templates import from_json, render_brief

# After so long nobody is disturbed by it any more.
GOOD_FOR = timedelta(days=3)
URGENCY: Mapping[str, Urgency] = {
    "account": Urgency.HIGH,
    "announcements": Urgency.LOW,
}


class Pusher:
    """Sends notifications to devices: to phones by Firebase, to browsers by Web Push.

    What is not set up goes to the local outbox. A device that its provider calls dead is forgotten.
    """

    def __init__(
        self,
        settings: Settings,
        own: NotificationSettings,
        database: Database,
        vapid: VapidKey,
        count: Count,
    ) -> None:
        """ValueError where a setting is bad."""
        self._database = database
        self._count = count
        self._public_url = settings.public_url
        local = OutboxPush(settings.state / "outbox")
        self._phones: PushTransport = _firebase(own) or local
        self._browsers: PushTransport = _web(own, vapid) or local

    def send(self, outgoing: Outgoing, taken: Callable[[], None]) -> None:
        """Send it, `taken` is called once it is taken; TransportError, TooLate, DeviceGone."""
        message, device = self._message(outgoing), self._device(outgoing)
        transport = self._phones if device.token else self._browsers
        try:
            with handed_over(self._count, Channel.PUSH, transport.name):
                transport.send(device, message, taken)
        except DeviceGone:
            with self._database.transaction():
                devices.forget(self._database, device)
            raise

    def _device(self, outgoing: Outgoing) -> PushDevice:
        found = None
        if outgoing.user_id and outgoing.device_id:
            found = devices.find(self._database, outgoing.user_id, outgoing.device_id)
        if found is None:
            raise DeviceGone("the person has the device no more")
        return found

    def _message(self, outgoing: Outgoing) -> PushMessage:
        left = int((outgoing.created_at + GOOD_FOR - datetime.now(UTC)).total_seconds())
        if left <= 0:
            raise TooLate("it is too old for a push message")
        try:
            given = from_json(outgoing.template, outgoing.data)
            brief = render_brief(given, locale=outgoing.locale)
        except LookupError as error:
            raise TransportError(str(error), permanent=True) from error
        link = self._public_url + brief.path
        return PushMessage(
            outgoing.notification_id,
            shortened(brief.title, LONGEST_TITLE),
            shortened(brief.body, LONGEST_BODY),
            link if len(link) <= LONGEST_LINK else "",
            URGENCY.get(CATEGORY[outgoing.template], Urgency.NORMAL),
            left,
        )


def _firebase(own: NotificationSettings) -> PushTransport | None:
    if own.firebase_credentials is None:
        return None
    from services.notification.push.firebase import FirebasePush  # noqa: PLC0415  takes 290 ms

    return FirebasePush(own.firebase_credentials, own.firebase_url)


def _web(own: NotificationSettings, vapid: VapidKey) -> PushTransport | None:
    if not own.web_push:
        return None
    from services.notification.push.web import WebPush  # noqa: PLC0415  takes 100 ms

    try:
        others = networks(own.web_push_networks)
    except ValueError as error:
        raise ValueError(f"STELLR_WEB_PUSH_NETWORKS: {error}") from None
    subject = f"mailto:{parseaddr(own.mail_from)[1]}"
    return WebPush(VapidHeaders(vapid, subject), others)
