"""Sessions with a real SMTP server: used again, checked, protected."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from services.notification import smtp_sessions
from services.notification.refusals import TransportError
from services.notification.smtp import Security, SmtpMail
from services.notification.smtp_url import smtp_mail
from tests.services.notification.test_transports import mail
from tests.support import free_port


class Guests:
    """A server's handler that counts its sessions, and refuses whom it is told to."""

    def __init__(self) -> None:
        self.taken: list[tuple[Session, bytes]] = []
        self.resets = 0
        self.refused: frozenset[str] = frozenset()
        self.logins: list[bytes] = []

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        if address in self.refused:
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_RSET(self, _server: SMTP, _session: Session, _envelope: Envelope) -> str:
        self.resets += 1
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.original_content, bytes)
        self.taken.append((session, envelope.original_content))
        return "250 OK"

    @property
    def sessions(self) -> int:
        return len({id(session) for session, _ in self.taken})

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append(data.login)
        return AuthResult(success=(data.login, data.password) == (b"stellr", b"s3 cret:@"))


@contextmanager
def serving(guests: Guests, **more: Any) -> Iterator[int]:
    port = free_port()
    controller = Controller(guests, hostname="127.0.0.1", port=port, **more)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


@pytest.fixture
def guests() -> Guests:
    return Guests()


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A certificate for 127.0.0.1, which this process trusts."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail server of a test")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (tmp_path / "server.pem").write_bytes(secret + pem)
    (tmp_path / "trusted.pem").write_bytes(pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "trusted.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem")
    return context


def plain(port: int) -> SmtpMail:
    return SmtpMail("127.0.0.1", port, security=Security.NONE, timeout=5)


def nothing() -> None:
    """Nothing is noted."""


def send(server: SmtpMail, times: int = 1, **fields: str) -> None:
    for _ in range(times):
        server.send(mail(str(uuid4()), **fields), nothing)


def test_a_session_carries_many_messages(guests: Guests) -> None:
    with serving(guests) as port:
        send(plain(port), 5)
    assert (len(guests.taken), guests.sessions) == (5, 1)


def test_a_session_ends_before_servers_are_tired_of_it(
    guests: Guests, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp_sessions, "MOST_MESSAGES", 2)
    with serving(guests) as port:
        send(plain(port), 5)
    assert guests.sessions == 3


def test_no_two_threads_have_a_session(guests: Guests) -> None:
    with serving(guests) as port:
        server, together = plain(port), threading.Barrier(4)

        def one(_: int) -> None:
            with server.sessions.session(server._connect) as session:
                together.wait(10)
                assert session.noop()[0] == 250

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(one, range(4)))
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: send(server, 10), range(4)))
    assert len(guests.taken) == 40
    assert guests.sessions <= 4


def test_a_refused_recipient_stops_no_other(guests: Guests) -> None:
    guests.refused = frozenset({"zoe@example.org"})
    with serving(guests) as port:
        server = plain(port)
        with pytest.raises(TransportError) as caught:
            send(server)
        assert caught.value.permanent
        guests.refused = frozenset()
        send(server)
    assert len(guests.taken) == 1
    assert guests.resets >= 1


def test_a_session_that_the_server_closed_meanwhile_is_not_used(
    guests: Guests, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp_sessions, "TRUSTED_SECONDS", 0.0)
    with serving(guests) as port:
        server = plain(port)
        send(server)
        (kept,) = server.sessions._idle
        kept.client.sock.close()  # type: ignore[union-attr]
        send(server)
    assert len(guests.taken) == 2


def test_idle_sessions_are_closed(guests: Guests) -> None:
    with serving(guests) as port:
        server = plain(port)
        send(server)
        server.close_idle()
        assert len(server.sessions._idle) == 1
        server.sessions.close_idle(older=0.0)
        assert server.sessions._idle == []
        send(server)
    assert guests.sessions == 2


def test_starttls_and_a_password(guests: Guests, tls: ssl.SSLContext) -> None:
    more = {"tls_context": tls, "require_starttls": True, "authenticator": guests.authenticate}
    with serving(guests, auth_required=True, **more) as port:
        server = smtp_mail(f"smtp://stellr:s3%20cret%3A%40@127.0.0.1:{port}")
        assert server.security is Security.STARTTLS
        send(server, 3)
    assert (len(guests.taken), guests.logins) == (3, [b"stellr"])
    assert guests.taken[0][0].ssl is not None


def test_tls_from_the_first_byte(guests: Guests, tls: ssl.SSLContext) -> None:
    with serving(guests, ssl_context=tls) as port:
        send(smtp_mail(f"smtps://127.0.0.1:{port}"), 2)
    assert (len(guests.taken), guests.sessions) == (2, 1)


@pytest.mark.parametrize("scheme", ["smtps://", "smtp://"])
def test_a_server_that_nobody_vouches_for_gets_nothing(
    guests: Guests, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    kind = "ssl_context" if scheme == "smtps://" else "tls_context"
    with serving(guests, **{kind: tls}) as port, pytest.raises(TransportError) as caught:
        send(smtp_mail(f"{scheme}127.0.0.1:{port}?starttls=1"))
    assert not caught.value.permanent
    assert guests.taken == []


def test_a_wrong_password_is_the_settings_fault_and_mails_wait(
    guests: Guests, tls: ssl.SSLContext
) -> None:
    more = {"tls_context": tls, "authenticator": guests.authenticate}
    with serving(guests, auth_required=True, **more) as port:
        for url in (f"smtp://stellr:wrong@127.0.0.1:{port}", f"smtp://127.0.0.1:{port}?starttls=1"):
            with pytest.raises(TransportError) as caught:
                send(smtp_mail(url))
            assert not caught.value.permanent
            assert "wrong" not in str(caught.value)
    assert guests.taken == []
