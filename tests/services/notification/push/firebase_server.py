"""A peer that speaks Firebase Cloud Messaging's HTTP v1 API and Google's OAuth token endpoint."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

PROJECT = "stellr-test"
SCOPE = "https://www.googleapis.com/auth/cloud-platform"
AUDIENCE = "https://oauth2.googleapis.com/token"
_SEND = f"/v1/projects/{PROJECT}/messages:send"
_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"


def refusal(status: int, code: str, message: str = "refused", **violation: str) -> dict[str, Any]:
    """An error as Firebase tells it."""
    details: list[dict[str, Any]] = [{"@type": _ERROR, "errorCode": code}]
    if violation:
        bad = "type.googleapis.com/google.rpc.BadRequest"
        details.append({"@type": bad, "fieldViolations": [violation]})
    names = {400: "INVALID_ARGUMENT", 403: "PERMISSION_DENIED", 404: "NOT_FOUND"}
    names |= {429: "RESOURCE_EXHAUSTED", 500: "INTERNAL", 503: "UNAVAILABLE"}
    return {
        "error": {
            "code": status,
            "status": names[status],
            "message": message,
            "details": details,
        }
    }


@dataclass
class Firebase:
    """What was sent, and how it is answered: by `refusals` of a token, status and body."""

    sent: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    refusals: dict[str, tuple[int, Any]] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    tokens: int = 0
    oauth_status: int = 200
    url: str = ""
    key: rsa.RSAPrivateKey = field(
        default_factory=lambda: rsa.generate_private_key(65537, 2048), repr=False
    )
    # Set: requests are answered. Cleared: they hang.
    answers: threading.Event = field(default_factory=threading.Event)

    def account(self, folder: Path) -> Path:
        """The service-account file."""
        pem = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        path = folder / "firebase.json"
        path.write_text(
            json.dumps(
                {
                    "type": "service_account",
                    "project_id": PROJECT,
                    "private_key_id": "1",
                    "private_key": pem.decode(),
                    "client_email": f"academy@{PROJECT}.iam.gserviceaccount.com",
                    "client_id": "1",
                    "token_uri": f"{self.url}/token",
                }
            )
        )
        return path


@contextmanager
def firebase_server() -> Iterator[Firebase]:
    """Serve both on a port of this machine."""
    firebase = Firebase()
    firebase.answers.set()
    handler = type("Handler", (_Handler,), {"firebase": firebase})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    firebase.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield firebase
    finally:
        firebase.answers.set()
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    firebase: Firebase
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.firebase.answers.wait(30)
        if self.path == "/token":
            self._token(body.decode())
        elif self.path == _SEND:
            self._send(json.loads(body))
        else:
            self._write(404, {"error": {"code": 404, "status": "NOT_FOUND", "message": "none"}})

    def _token(self, form: str) -> None:
        """RFC 7523: the account proves itself by a signature."""
        assertion = parse_qs(form)["assertion"][0]
        key = self.firebase.key.public_key()
        claims = jwt.decode(assertion, key, algorithms=["RS256"], audience=AUDIENCE)
        assert SCOPE in claims["scope"].split()
        self.firebase.tokens += 1
        if self.firebase.oauth_status != 200:
            self._write(self.firebase.oauth_status, {"error": "invalid_grant"})
            return
        self._write(200, {"access_token": f"ya29.{self.firebase.tokens}", "expires_in": 3600})

    def _send(self, request: dict[str, Any]) -> None:
        assert re.fullmatch(r"Bearer ya29\.\d+", self.headers["Authorization"])
        message = request["message"]
        token = message["token"]
        self.firebase.asked.append(token)
        status, answer = self.firebase.refusals.get(token, (200, None))
        if status == 200:
            self.firebase.sent.append(message)
            answer = {"name": f"projects/{PROJECT}/messages/{len(self.firebase.sent)}"}
        self._write(status, answer, self.firebase.headers if status != 200 else {})

    def _write(self, status: int, answer: Any, headers: dict[str, str] | None = None) -> None:
        body = json.dumps(answer).encode() if answer is not None else b"<html>oops</html>"
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass
