"""A peer that speaks Twilio's API over HTTP, as its reference has it."""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

ACCOUNT = "AC" + "0123456789abcdef" * 2
TOKEN = "s3cret-t0ken-of-the-account"
MESSAGING = "MG" + "0123456789abcdef" * 2
VERIFY = "VA" + "0123456789abcdef" * 2

_MESSAGES = re.compile(r"/2010-04-01/Accounts/(AC[0-9a-f]{32})/Messages\.json")
_VERIFICATIONS = re.compile(r"/v2/Services/(VA[0-9a-f]{32})/Verifications")


class Asked(NamedTuple):
    """One request: its path, and the fields of its form."""

    path: str
    form: dict[str, str]


@dataclass
class Twilio:
    """What was asked, and how it is answered: by `refusal` (status, code, words), if it is set."""

    asked: list[Asked] = field(default_factory=list)
    refusal: tuple[int, int, str] | None = None
    # Set: requests are answered. Cleared: they hang.
    answers: threading.Event = field(default_factory=threading.Event)
    url: str = ""

    @property
    def settings(self) -> dict[str, str]:
        """The settings of who sends by it, but for the sender."""
        return {
            "twilio_account_sid": ACCOUNT,
            "twilio_auth_token": TOKEN,
            "twilio_url": self.url,
        }


@contextmanager
def twilio_server() -> Iterator[Twilio]:
    """Serve the API on a port of this machine."""
    twilio = Twilio()
    twilio.answers.set()
    handler = type("Handler", (_Handler,), {"twilio": twilio})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    twilio.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield twilio
    finally:
        twilio.answers.set()
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    twilio: Twilio
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.twilio.answers.wait(30)
        form = dict(parse_qsl(raw, strict_parsing=True))
        status, answer = self._answer(form)
        self._write(status, answer)

    def _answer(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        expected = base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        if self.headers["Authorization"] != f"Basic {expected}":
            return _error(401, 20003, "Authenticate")
        message = _MESSAGES.fullmatch(self.path)
        verification = _VERIFICATIONS.fullmatch(self.path)
        if not (message and message[1] == ACCOUNT) and not (
            verification and verification[1] == VERIFY
        ):
            return _error(404, 20404, f"The requested resource {self.path} was not found")
        self.twilio.asked.append(Asked(self.path, form))
        if self.twilio.refusal:
            return _error(*self.twilio.refusal)
        return 201, _message(form) if message else _verification(form)

    def _write(self, status: int, answer: dict[str, Any]) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Requests are kept, not printed."""


def _error(status: int, code: int, words: str) -> tuple[int, dict[str, Any]]:
    more = f"https://www.twilio.com/docs/errors/{code}"
    return status, {"code": code, "message": words, "more_info": more, "status": status}


def _message(form: dict[str, str]) -> dict[str, Any]:
    return {
        "sid": "SM" + "0" * 32,
        "account_sid": ACCOUNT,
        "to": form["To"],
        "from": form.get("From"),
        "messaging_service_sid": form.get("MessagingServiceSid"),
        "body": form["Body"],
        "status": "queued",
        "num_segments": "1",
        "date_created": "Fri, 27 Nov 2026 10:00:00 +0000",
        "date_updated": "Fri, 27 Nov 2026 10:00:00 +0000",
        "date_sent": None,
        "error_code": None,
        "error_message": None,
    }


def _verification(form: dict[str, str]) -> dict[str, Any]:
    return {
        "sid": "VE" + "0" * 32,
        "service_sid": VERIFY,
        "account_sid": ACCOUNT,
        "to": form["To"],
        "channel": form["Channel"],
        "status": "pending",
        "valid": False,
        "date_created": "2026-11-27T10:00:00Z",
        "date_updated": "2026-11-27T10:00:00Z",
        "send_code_attempts": [],
    }
