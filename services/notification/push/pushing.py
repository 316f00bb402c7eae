"""Push messages leave by the way that is right for the device."""

from __future__ import annotations

from collections.abc import Callable
from email.utils import parseaddr
from pathlib import Path

from services.notification.push.messages import PushDevice, PushMessage, PushTransport
from services.notification.push.networks import networks
from services.notification.push.outbox import OutboxPush
from services.notification.push.vapid import VapidHeaders, VapidKey
from services.notification.settings import NotificationSettings


class Pusher:
    """Sends push messages: to phones by Firebase, to browsers by Web Push.

    What is not set up goes to the local outbox.
    """

    def __init__(self, own: NotificationSettings, outbox: Path, vapid: VapidKey) -> None:
        """ValueError where a setting is bad."""
        local = OutboxPush(outbox)
        self._phones: PushTransport = _firebase(own) or local
        self._browsers: PushTransport = _web(own, vapid) or local

    def send(self, device: PushDevice, message: PushMessage, taken: Callable[[], None]) -> None:
        """Send it, `taken` is called once it is taken; TransportError, DeviceGone."""
        transport = self._phones if device.token else self._browsers
        transport.send(device, message, taken)


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
