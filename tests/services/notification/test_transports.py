import asyncio
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from services.notification.mail import compose, message_id
from services.notification.refusals import TransportError
from services.notification.smtp import Security, SmtpMail
from services.notification.templates import Rendered
from services.notification.transports import OutboxMail
from tests.mail_server import mail_server

ID = "019a1234-5678-7000-8000-123456789012"


def mail(notification_id: str = ID, text: str = "Hello Zoë") -> EmailMessage:
    return compose(
        Rendered("Subject", text, f"<p>{text}</p>"),
        to="zoe@example.org",
        sender="Stellr Academy <no-reply@academy.example>",
        message_id=message_id(notification_id, "academy.example"),
        sent_time=datetime(2026, 11, 22, 10, 5, tzinfo=UTC),
        list_unsubscribe_url=None,
    )


def nothing() -> None:
    """For who need not know that a message was taken."""


def test_outbox_writes_the_message_whole_and_private(tmp_path: Path) -> None:
    OutboxMail(tmp_path / "outbox").send(mail(), nothing)
    (path,) = (tmp_path / "outbox").iterdir()
    assert path.name == f"{ID}.eml"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_bytes() == mail().as_bytes()
    assert b"\r\n" in path.read_bytes()
    assert message_from_bytes(path.read_bytes(), policy=default)["To"] == "zoe@example.org"


def test_outbox_keeps_one_file_for_a_message_sent_twice(tmp_path: Path) -> None:
    outbox = OutboxMail(tmp_path)
    outbox.send(mail(), nothing)
    before = (tmp_path / f"{ID}.eml").stat()
    outbox.send(mail(text="again"), nothing)
    assert [path.name for path in tmp_path.iterdir()] == [f"{ID}.eml"]
    assert (tmp_path / f"{ID}.eml").stat().st_mtime_ns == before.st_mtime_ns


def test_outbox_names_are_in_the_order_of_their_ids(tmp_path: Path) -> None:
    ids = [f"019a1234-{number:04x}-7000-8000-000000000000" for number in (7, 255, 4096)]
    for notification_id in reversed(ids):
        OutboxMail(tmp_path).send(mail(notification_id), nothing)
    assert sorted(path.stem for path in tmp_path.iterdir()) == ids


def test_outbox_that_cannot_be_written_is_a_temporary_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(TransportError) as caught:
        OutboxMail(tmp_path / "file").send(mail(), nothing)
    assert not caught.value.permanent


def test_outbox_leaves_nothing_behind_when_the_write_fails(tmp_path: Path) -> None:
    (tmp_path / f"{ID}.eml").symlink_to(tmp_path / "missing" / "x")
    OutboxMail(tmp_path).send(mail(), nothing)
    assert [path.name for path in tmp_path.iterdir()] == [f"{ID}.eml"]


def test_outbox_takes_no_foreign_message_id(tmp_path: Path) -> None:
    message = mail()
    del message["Message-ID"]
    message["Message-ID"] = "<../../x@academy.example>"
    with pytest.raises(TransportError) as caught:
        OutboxMail(tmp_path).send(message, nothing)
    assert caught.value.permanent
    assert not list(tmp_path.iterdir())


class Mailbox:
    """A real server's handler: keeps what it takes, answers as it is told to."""

    def __init__(self) -> None:
        self.recipient_answer = "250 OK"
        self.data_answer = "250 OK"
        self.taken: list[bytes] = []
        self.before_data_answer: Callable[[], Any] = lambda: None

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        if self.recipient_answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.recipient_answer

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        answer = self.data_answer
        if answer.startswith("250"):
            assert isinstance(envelope.original_content, bytes)
            self.taken.append(envelope.original_content)
        await asyncio.to_thread(self.before_data_answer)
        return answer


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def port(mailbox: Mailbox) -> Iterator[int]:
    with mail_server(mailbox) as port:
        yield port


def smtp(port: int) -> SmtpMail:
    return SmtpMail("127.0.0.1", port, security=Security.NONE, timeout=5)


def test_smtp_delivers_the_same_bytes_as_the_outbox(port: int, mailbox: Mailbox) -> None:
    smtp(port).send(mail(), nothing)
    assert mailbox.taken == [mail().as_bytes()]


@pytest.mark.parametrize(
    ("recipient", "data", "permanent"),
    [
        ("550 5.1.1 no zoe@example.org here", "250 OK", True),
        ("450 4.2.1 zoe@example.org: try later", "250 OK", False),
        ("250 OK", "550 5.7.1 refused", True),
        ("250 OK", "451 4.3.0 try later", False),
    ],
)
def test_smtp_tells_a_refusal_from_a_delay(
    port: int, mailbox: Mailbox, recipient: str, data: str, permanent: bool
) -> None:
    mailbox.recipient_answer, mailbox.data_answer = recipient, data
    with pytest.raises(TransportError) as caught:
        smtp(port).send(mail(), nothing)
    assert caught.value.permanent is permanent
    refusal = next(answer for answer in (recipient, data) if answer != "250 OK")
    assert str(caught.value) == f"the SMTP server answered {refusal[:9]}"
    assert not mailbox.taken


def test_no_server_is_a_temporary_fault() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        with pytest.raises(TransportError) as caught:
            smtp(listener.getsockname()[1]).send(mail(), nothing)
    assert not caught.value.permanent


def test_a_silent_server_is_a_temporary_fault() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        silent = SmtpMail(
            "127.0.0.1", listener.getsockname()[1], security=Security.NONE, timeout=0.2
        )
        with pytest.raises(TransportError) as caught:
            silent.send(mail(), nothing)
    assert not caught.value.permanent


def test_smtp_does_not_go_on_without_the_starttls_it_was_told_to_use(
    port: int, mailbox: Mailbox
) -> None:
    with pytest.raises(TransportError) as caught:
        SmtpMail("127.0.0.1", port, security=Security.STARTTLS, timeout=5).send(mail(), nothing)
    assert not caught.value.permanent
    assert not mailbox.taken


def test_a_password_is_not_sent_in_the_clear_nor_shown() -> None:
    with pytest.raises(ValueError, match="username"):
        SmtpMail("127.0.0.1", 25, "user", "s3cret", Security.NONE)
    assert "s3cret" not in repr(SmtpMail("127.0.0.1", 25, "user", "s3cret"))
