"""A notification leaves as a mail."""

from __future__ import annotations

from collections.abc import Callable
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path

from jinja2 import TemplateError

from services.kit.process.settings import Settings
from services.notification.counting import Count, handed_over
from services.notification.mail import AddressError, compose, message_id
from services.notification.models import Channel
from services.notification.refusals import TransportError
from services.notification.repository.deliveries import Outgoing
from services.notification.settings import NotificationSettings
from services.notification.smtp_url import smtp_mail
from services.notification.templates import (
    DIGEST,
    Rendered,
    from_json,
    render,
    render_brief,
    render_digest,
)
from services.notification.transports import MailTransport, OutboxMail
from services.notification.unsubscribing import Unsubscribing


def mail_transport(smtp_url: str, outbox: Path) -> MailTransport:
    """The SMTP server, or the local outbox where there is none; ValueError for a bad URL."""
    if smtp_url:
        return smtp_mail(smtp_url)
    # There from the start, for whoever waits for its first mail.
    outbox.mkdir(mode=0o700, parents=True, exist_ok=True)
    return OutboxMail(outbox)


class Mailer:
    """Sends notifications by mail."""

    def __init__(
        self,
        settings: Settings,
        own: NotificationSettings,
        unsubscribing: Unsubscribing,
        count: Count,
    ) -> None:
        """ValueError where the setting of the mail server is bad."""
        self._public_url = settings.public_url
        self._sender = own.mail_from
        self._unsubscribing = unsubscribing
        self._count = count
        self._transport = mail_transport(own.smtp_url, settings.state / "outbox")

    def send(self, outgoing: Outgoing, taken: Callable[[], None]) -> None:
        """Send it, `taken` is called once it is taken; TransportError. Copies have the same
        Message-ID."""
        try:
            message = self._message(outgoing)
        except AddressError as error:
            raise TransportError(str(error), permanent=True) from error
        except (ValueError, LookupError, TemplateError) as error:
            # Nobody can mend it by waiting. What is wrong may repeat what it says.
            reason = f"no mail can be made of it: {type(error).__name__}"
            raise TransportError(reason, permanent=True) from error
        with handed_over(self._count, Channel.EMAIL, self._transport.name):
            self._transport.send(message, taken)

    def close_idle(self) -> None:
        """Let go of what was not used for a while."""
        self._transport.close_idle()

    def _message(self, outgoing: Outgoing) -> EmailMessage:
        url = self._unsubscribing.url(outgoing.user_id, outgoing.template)
        domain = parseaddr(self._sender)[1].rpartition("@")[2]
        return compose(
            self._words(outgoing, url),
            to=outgoing.email,
            sender=self._sender,
            message_id=message_id(str(outgoing.notification_id), domain),
            sent_time=outgoing.created_at,
            list_unsubscribe_url=url or None,
        )

    def _words(self, outgoing: Outgoing, unsubscribe_url: str) -> Rendered:
        person: dict[str, str] = {
            "name": outgoing.name,
            "locale": outgoing.locale,
            "public_url": self._public_url,
            "unsubscribe_url": unsubscribe_url,
        }
        if outgoing.template != DIGEST:
            return render(from_json(outgoing.template, outgoing.data), **person)
        items = [
            render_brief(from_json(each.template, each.data), locale=outgoing.locale)
            for each in outgoing.members
        ]
        return render_digest(items, weekly=bool(outgoing.data.get("weekly")), **person)
