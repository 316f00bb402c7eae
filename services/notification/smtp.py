"""Mails leave by an SMTP server (RFC 5321)."""

from __future__ import annotations

import re
import smtplib
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from enum import StrEnum

from services.notification.mail import POLICY
from services.notification.refusals import TransportError
from services.notification.smtp_sessions import Sessions

_OK = 250
# Also 251: it is forwarded (RFC 5321, 3.4).
_WILL_BE_SENT = frozenset({250, 251})
_PERMANENT = 500
# What is wrong is the password or how we speak to the server, not the message (RFC 4954, 6).
_OF_THE_SETTINGS = frozenset({530, 534, 535, 538})
# A server that takes longer over a message holds up no other.
PATIENCE_SECONDS = 2.0
_ENHANCED_CODE = re.compile(rb"[245]\.\d{1,3}\.\d{1,3}")


class Security(StrEnum):
    """How the connection to an SMTP server is protected."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


class Turn:
    """Lets one in after the other, but has nobody wait for more than `patience` seconds."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._lock = threading.Lock()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Wait for one's turn, or until patience ends."""
        mine = self._lock.acquire(timeout=self._patience)
        try:
            yield
        finally:
            if mine:
                self._lock.release()


@dataclass(frozen=True)
class SmtpMail:
    """Hands each message to an SMTP server; timeout is in seconds a network step.

    A message that the server has and we do not yet know as taken is sent again by whoever comes
    after a process that was killed (RFC 1047). So they are handed over one by one: of them there is
    one at most, unless the server is slow. A session carries many messages, for one thread at a
    time.
    """

    name = "smtp"
    host: str
    port: int
    username: str = ""
    password: str = field(default="", repr=False)
    security: Security = Security.STARTTLS
    timeout: float = 10.0
    turn: Turn = field(default_factory=lambda: Turn(PATIENCE_SECONDS), repr=False, compare=False)
    sessions: Sessions = field(default_factory=Sessions, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.username and self.security is Security.NONE:
            raise ValueError("username: a password is only sent over starttls or tls")

    def send(self, message: EmailMessage, taken: Callable[[], None]) -> None:
        """Deliver; TransportError is permanent where the server refused this message (5xx)."""
        content = message.as_bytes(policy=POLICY)
        with self.sessions.session(self._connect) as session:
            with _told():
                _announce(session, message)
            with self.turn.taken():
                with _told():
                    _hand_over(session, content)
                taken()

    def close_idle(self) -> None:
        """Say good-bye where nothing was sent for a while."""
        self.sessions.close_idle()

    def _connect(self) -> smtplib.SMTP:
        try:
            return self._signed_in()
        except OSError as error:
            # Also a refused password: the fault is in the settings, not in the message, which
            # therefore waits until they are mended.
            reason = f"no session with the SMTP server: {type(error).__name__}"
            raise TransportError(reason, permanent=False) from error

    def _signed_in(self) -> smtplib.SMTP:
        client = self._open()
        try:
            if self.security is Security.STARTTLS:
                client.starttls(context=ssl.create_default_context())
            if self.username:
                client.login(self.username, self.password)
            client.ehlo_or_helo_if_needed()
        except BaseException:
            client.close()
            raise
        return client

    def _open(self) -> smtplib.SMTP:
        if self.security is not Security.TLS:
            return smtplib.SMTP(self.host, self.port, timeout=self.timeout)
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(self.host, self.port, timeout=self.timeout, context=context)


@contextmanager
def _told() -> Iterator[None]:
    """What the server says is a TransportError."""
    try:
        yield
    except OSError as error:  # every error of smtplib is one
        raise _refusal(error) from error


def _announce(client: smtplib.SMTP, message: EmailMessage) -> None:
    """Say from whom and to whom: nothing is handed over yet."""
    sender, to = (message[name].addresses[0].addr_spec for name in ("From", "To"))
    code, words = client.mail(sender)
    if code != _OK:
        raise smtplib.SMTPSenderRefused(code, words, sender)
    code, words = client.rcpt(to)
    if code not in _WILL_BE_SENT:
        raise smtplib.SMTPRecipientsRefused({to: (code, words)})


def _hand_over(client: smtplib.SMTP, content: bytes) -> None:
    code, words = client.data(content)
    if code != _OK:
        raise smtplib.SMTPDataError(code, words)


def _refusal(error: OSError) -> TransportError:
    """The code alone: a server's words often repeat the address, which stays out of logs."""
    code, words = _reply(error)
    if not code:
        reason = f"the SMTP session broke off: {type(error).__name__}"
        return TransportError(reason, permanent=False)
    permanent = code >= _PERMANENT and code not in _OF_THE_SETTINGS
    enhanced = _ENHANCED_CODE.match(words)
    reason = f"the SMTP server answered {code} {enhanced.group().decode() if enhanced else ''}"
    return TransportError(reason.rstrip(), permanent=permanent)


def _reply(error: OSError) -> tuple[int, bytes]:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return next(iter(error.recipients.values()))
    if isinstance(error, smtplib.SMTPResponseException):
        words = error.smtp_error
        return error.smtp_code, words if isinstance(words, bytes) else words.encode()
    return 0, b""
