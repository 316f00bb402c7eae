"""Hands the codes of mails to the Postman collection, which sees no files: GET /code?email=."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from time import sleep
from urllib.parse import parse_qs, urlsplit

from edge.journey import outbox
from services.kit.urls import LOOPBACK

# Between two looks; the collection asks again and again.
PAUSE_SECONDS = 0.1
HOST = "127.0.0.1"


@contextmanager
def mailbox(folder: Path) -> Iterator[str]:
    """The address of a mailbox on this machine over the outbox in `folder`, while it is open."""
    assert HOST in LOOPBACK
    with ThreadingHTTPServer((HOST, 0), _handler(folder)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://{HOST}:{server.server_port}"
        server.shutdown()


def newest_code(folder: Path, email: str) -> str:
    """The code of the newest mail to an address; empty while there is none."""
    mails = outbox.mails_to(folder, email)
    return outbox.code_of(mails[0]) if mails else ""


def _handler(folder: Path) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            email = parse_qs(urlsplit(self.path).query).get("email", [""])[0]
            code = newest_code(folder, email)
            if not code:
                sleep(PAUSE_SECONDS)
            body = json.dumps({"code": code}).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: newman reports."""

    return Handler
