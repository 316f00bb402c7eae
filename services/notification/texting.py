"""A notification leaves as an SMS."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from services.kit.process.settings import Settings
from services.notification.counting import Count, handed_over
from services.notification.models import Channel
from services.notification.refusals import TooLate
from services.notification.repository.deliveries import Outgoing
from services.notification.settings import NotificationSettings
from services.notification.templates import CODE_MINUTES, from_json, render_text
from services.notification.texts import OutboxTexts, TextMessage, TextTransport
from services.notification.twilio_settings import twilio_account
from stellr.notification.v1.template_pb2 import VerificationCode


def text_transport(own: NotificationSettings, outbox: Path) -> TextTransport:
    """Twilio, or the local outbox where no account is set; ValueError for bad settings."""
    account = twilio_account(own)
    if account is None:
        return OutboxTexts(outbox)
    from services.notification.twilio_texts import TwilioTexts  # noqa: PLC0415  takes 135 ms

    return TwilioTexts(account)


class Texter:
    """Sends notifications by SMS."""

    def __init__(self, settings: Settings, own: NotificationSettings, count: Count) -> None:
        """ValueError where the settings of the provider are bad."""
        self._count = count
        self._transport = text_transport(own, settings.state / "outbox")

    def send(self, outgoing: Outgoing, taken: Callable[[], None]) -> None:
        """Send it, `taken` is called once it is taken; TransportError.

        TooLate for a code that has expired: it would cost money and help nobody.
        """
        template = from_json(outgoing.template, outgoing.data)
        code, seconds = "", None
        if isinstance(template, VerificationCode):
            code, seconds = template.code, _seconds_left(template, outgoing.created_at)
        body = render_text(template, locale=outgoing.locale)
        message = TextMessage(outgoing.notification_id, outgoing.phone, body, code, seconds)
        with handed_over(self._count, Channel.SMS, self._transport.name):
            self._transport.send(message, taken)


def _seconds_left(template: VerificationCode, taken_in: datetime) -> int:
    end = taken_in + timedelta(minutes=CODE_MINUTES)
    if template.HasField("expire_time"):
        end = template.expire_time.ToDatetime(UTC)
    seconds = int((end - datetime.now(UTC)).total_seconds())
    if seconds <= 0:
        raise TooLate("the code has expired")
    return seconds
