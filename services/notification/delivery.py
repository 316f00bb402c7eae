"""The background work of notification: a mail leaves the academy."""

from __future__ import annotations

from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path
from uuid import UUID

import structlog

from services.kit.data.database import Database
from services.kit.process.settings import Settings
from services.kit.work.insisting import insist
from services.notification import repository
from services.notification.errors import MailServerUnavailable
from services.notification.mail import AddressError, compose, message_id
from services.notification.models import Contact, Notification, State
from services.notification.settings import NotificationSettings
from services.notification.smtp_url import smtp_mail
from services.notification.templates import from_json, render
from services.notification.transports import MailTransport, OutboxMail, TransportError

log = structlog.get_logger("stellr.notification")


def mail_transport(smtp_url: str, outbox: Path) -> MailTransport:
    """The SMTP server, or the local outbox where there is none; ValueError for a bad URL."""
    if smtp_url:
        return smtp_mail(smtp_url)
    # There from the start, for whoever waits for its first mail.
    outbox.mkdir(mode=0o700, parents=True, exist_ok=True)
    return OutboxMail(outbox)


class Mailer:
    """Sends notifications by mail."""

    def __init__(self, database: Database, settings: Settings, own: NotificationSettings) -> None:
        """ValueError where the setting of the mail server is bad."""
        self._database = database
        self._public_url = settings.public_url
        self._sender = own.mail_from
        self._transport = mail_transport(own.smtp_url, settings.state / "outbox")

    def deliver(self, *, notification_id: str) -> None:
        """Send a notification, at least once: copies have the same Message-ID.

        MailServerUnavailable lets the job be tried again.
        """
        message_key = UUID(notification_id)
        # A transaction of its own: none is open while the server takes its time.
        with self._database.transaction() as unit:
            notification = repository.find_notification(unit.session, message_key)
            if notification is None or notification.state != State.QUEUED:
                return
            contact = notification.user_id and repository.find_contact(
                unit.session, notification.user_id
            )
        self._send(notification, contact or None)

    def _send(self, notification: Notification, contact: Contact | None) -> None:
        key = notification.notification_id
        try:
            message = self._message(notification, contact or notification)
            self._transport.send(message, lambda: self._close(key, State.SENT))
        except (AddressError, TransportError) as error:
            if isinstance(error, TransportError) and not error.permanent:
                raise MailServerUnavailable from error
            log.warning("mail refused", notification=str(key), why=str(error))
            self._close(key, State.DEAD)

    def _close(self, key: UUID, state: State) -> None:
        """Remember how it ended at once, not when the job does: what was sent is never sent again
        because the database took nothing just then."""

        def write() -> None:
            with self._database.transaction() as unit:
                repository.close_notification(unit.session, key, state)

        insist("the end of a mail", write)

    def _message(self, notification: Notification, to: Notification | Contact) -> EmailMessage:
        words = render(
            from_json(notification.template, notification.data or {}),
            name=to.name or "",
            locale=to.locale or "",
            public_url=self._public_url,
        )
        domain = parseaddr(self._sender)[1].rpartition("@")[2]
        return compose(
            words,
            to=to.email or "",
            sender=self._sender,
            message_id=message_id(str(notification.notification_id), domain),
            sent_time=notification.created_at,
            list_unsubscribe_url=None,
        )
