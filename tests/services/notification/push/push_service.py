"""A push service (RFC 8030) with a browser behind it: it checks who sends, and decrypts."""

from __future__ import annotations

import base64
import datetime
import json
import os
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from uuid import uuid4

import http_ece
import jwt
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from services.notification.push.messages import PushDevice


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Browser:
    """What a browser keeps of its subscription."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.auth = os.urandom(16)

    @property
    def keys(self) -> dict[str, str]:
        """As PushSubscription.toJSON() has them."""
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {"p256dh": encoded(point), "auth": encoded(self.auth)}

    def decrypt(self, body: bytes) -> dict[str, Any]:
        """The message; ValueError or http_ece.ECEException where it is for another browser."""
        plain = http_ece.decrypt(
            body, private_key=self.key, auth_secret=self.auth, version="aes128gcm"
        )
        found: dict[str, Any] = json.loads(plain)
        return found


@dataclass
class Taken:
    """A message that came in good order: its headers, what the sender proved, what it says."""

    headers: dict[str, str]
    claims: dict[str, Any]
    key: str
    body: bytes


@dataclass
class PushService:
    """What came, and how it is answered."""

    taken: list[Taken] = field(default_factory=list)
    asked: int = 0
    connections: int = 0
    status: int = 201
    headers: dict[str, str] = field(default_factory=dict)
    answer: bytes = b""
    # Of the head, seconds between its bytes.
    drip: float = 0.0
    port: int = 0
    certificate: Path = Path()

    @property
    def origin(self) -> str:
        return f"https://localhost:{self.port}"

    def trust(self) -> ssl.SSLContext:
        """Whoever trusts this service's certificate."""
        return ssl.create_default_context(cafile=str(self.certificate))

    def device(self, browser: Browser, path: str = "/push/1") -> PushDevice:
        return PushDevice(uuid4(), uuid4(), endpoint=f"{self.origin}{path}", **browser.keys)

    def subscription(self, browser: Browser, path: str = "/push/1") -> dict[str, Any]:
        """As PushSubscription.toJSON()."""
        return {"endpoint": f"{self.origin}{path}", "keys": browser.keys}


@contextmanager
def push_service(folder: Path) -> Iterator[PushService]:
    """Serve it with TLS on a port of this machine."""
    service = PushService(certificate=folder / "push.pem")
    _certify(service.certificate)
    handler = type("Handler", (_Handler,), {"service": service})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    # Whoever does not trust it, or has read enough, breaks off.
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(service.certificate)
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    service.port = int(server.server_address[1])
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    service: PushService
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        super().setup()
        self.service.connections += 1

    def do_POST(self) -> None:
        service = self.service
        body = self.rfile.read(int(self.headers["Content-Length"]))
        service.asked += 1
        if service.status in range(200, 300):
            claims, key = self._sender()
            headers = {name.lower(): value for name, value in self.headers.items()}
            service.taken.append(Taken(headers, claims, key, body))
        self._answer()

    def _sender(self) -> tuple[dict[str, Any], str]:
        """RFC 8292: a token signed by the key that comes with it, for this origin."""
        kind, _, rest = self.headers["Authorization"].partition(" ")
        assert kind.lower() == "vapid"
        parts = dict(part.strip().split("=", 1) for part in rest.split(","))
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decoded(parts["k"]))
        audience = self.service.origin
        claims = jwt.decode(parts["t"], key, algorithms=["ES256"], audience=audience)
        assert claims["exp"] <= time.time() + 24 * 3600
        return claims, parts["k"]

    def _answer(self) -> None:
        service = self.service
        head = f"HTTP/1.1 {service.status} Said\r\nContent-Length: {len(service.answer)}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in service.headers.items())
        for byte in (head + "\r\n").encode() if service.drip else ():
            self.wfile.write(bytes([byte]))
            time.sleep(service.drip)
        if not service.drip:
            self.wfile.write((head + "\r\n").encode())
        self.wfile.write(service.answer)

    def log_message(self, *_: Any) -> None:
        pass


def _certify(path: Path) -> None:
    """Write a certificate for this machine, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(pem + certificate.public_bytes(Encoding.PEM))
