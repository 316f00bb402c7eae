"""A peer that speaks the JSON API of Google Cloud Storage: an emulator, and what it leaves out.

The emulator knows no preconditions, which are added here, and never fails nor hangs.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from gcp_storage_emulator.exceptions import NotFound
from gcp_storage_emulator.handlers.buckets import create_bucket
from gcp_storage_emulator.server import RequestHandler
from gcp_storage_emulator.storage import Storage

BUCKET = "academy"


@dataclass
class CloudStorage:
    """The store behind the peer, what was asked of it, and how it answers."""

    storage: Any
    asked: list[str] = field(default_factory=list)
    # An HTTP status that all requests are refused with, or 0.
    refusal: int = 0
    # Set: requests are answered. Cleared: they hang.
    answers: threading.Event = field(default_factory=threading.Event)
    # An upload is done and its answer is lost, so often.
    lost_answers: int = 0
    turn: threading.Lock = field(default_factory=threading.Lock)
    url: str = ""

    def names(self) -> list[str]:
        """The names of all objects."""
        return [each["name"] for each in self.storage.get_file_list(BUCKET)[0]]

    def generation(self, name: str) -> str:
        """Which writing of an object is the newest."""
        found: str = self.storage.get_file_obj(BUCKET, name)["generation"]
        return found

    def has(self, name: str) -> bool:
        """Whether there is such an object."""
        try:
            self.storage.get_file_obj(BUCKET, name)
        except NotFound:
            return False
        return True


@contextmanager
def cloud_storage() -> Iterator[CloudStorage]:
    """Serve the API on a port of this machine."""
    cloud = CloudStorage(Storage(use_memory_fs=True))
    create_bucket(BUCKET, cloud.storage)
    cloud.answers.set()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, cloud))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    cloud.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield cloud
    finally:
        cloud.answers.set()
        server.shutdown()
        server.server_close()


class _Handler(RequestHandler):  # type: ignore[misc]
    def __init__(self, cloud: CloudStorage, *args: Any) -> None:
        self._cloud = cloud
        super().__init__(cloud.storage, *args)

    def do_GET(self) -> None:
        self._answer(super().do_GET)

    def do_DELETE(self) -> None:
        self._answer(super().do_DELETE)

    def do_POST(self) -> None:
        self._answer(super().do_POST)

    def do_PUT(self) -> None:
        self._answer(super().do_PUT)

    def _answer(self, emulate: Any) -> None:
        cloud = self._cloud
        path = unquote(urlsplit(self.path).path)
        # The library looks at the bucket from a thread of its own, for its traces, now and then.
        if not path.endswith(f"/b/{BUCKET}"):
            cloud.asked.append(f"{self.command} {path}")
        cloud.answers.wait(30)
        if cloud.refusal:
            self._refuse(cloud.refusal)
            return
        with cloud.turn:
            self._emulate(emulate)

    def _emulate(self, emulate: Any) -> None:
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        if self.command == "POST" and query.get("ifGenerationMatch") == "0":
            body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            _, copied, name = unquote(urlsplit(self.path).path).partition(
                f"/rewriteTo/b/{BUCKET}/o/"
            )
            if self._cloud.has(name if copied else _name_in(query, body)):
                self._refuse(412)
                return
            self.rfile: Any = _Read(body)
            if self._cloud.lost_answers:
                self._cloud.lost_answers -= 1
                self.wfile: Any = _Nowhere()
        emulate()

    def _refuse(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True


class _Read:
    """A body that was read already."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def read(self, _: int = -1) -> bytes:
        return self._body

    def close(self) -> None:
        """There is nothing to close."""


class _Nowhere:
    """An answer that does not arrive."""

    closed = False

    def write(self, data: bytes) -> int:
        return len(data)

    def flush(self) -> None:
        """There is nothing to send."""

    def close(self) -> None:
        """There is nothing to close."""


def _name_in(query: dict[str, str], body: bytes) -> str:
    """The name of the object, which an upload in parts has in the JSON before its bytes."""
    if "name" in query:
        return query["name"]
    start = body.index(b"{")
    found: str = json.JSONDecoder().raw_decode(body[start : start + 4096].decode("latin-1"))[0][
        "name"
    ]
    return found
