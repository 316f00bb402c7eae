"""The door, before an academy that misbehaves."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pydantic import BaseModel

from edge.assistants.academy import Academy
from edge.assistants.door import MOST_BYTES, Door, origin_of
from edge.assistants.errors import AcademyError
from edge.assistants.sessions import GivenToken


class Misbehaving(BaseHTTPRequestHandler):
    seen: list[dict[str, str]]

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/elsewhere":
            self._answer(302, b"", location="https://elsewhere.example/")
        elif path == "/large":
            self._answer(200, b"[" + b" " * MOST_BYTES + b"]")
        elif path == "/page":
            self._answer(502, b"<html>Bad gateway</html>")
        elif path == "/busy":
            self._answer(429, json.dumps({"message": "too often"}).encode(), retry_after="7")
        else:
            self._answer(200, b'{"title": 1}')

    def do_POST(self) -> None:
        self.seen.append(dict(self.headers))
        if len(self.seen) == 1:
            self.close_connection = True
            return
        self._answer(200, b'{"title": "done"}')

    def _answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


class Title(BaseModel):
    title: str


@pytest.fixture
def academy() -> Iterator[Academy]:
    Misbehaving.seen = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Misbehaving)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    door = Door(f"http://127.0.0.1:{server.server_port}")
    yield Academy(door, GivenToken("the-token"))
    door.close()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/elsewhere", "sends elsewhere, and that is not followed"),
        ("/large", "The answer is too large"),
        ("/page", "The answer was HTTP 502 and no more."),
        ("/busy", "too often\nTry again in 7 s."),
        ("/odd", "is not understood here: title."),
    ],
)
def test_what_is_wrong_is_a_sentence(academy: Academy, path: str, said: str) -> None:
    with pytest.raises(AcademyError) as told:
        academy.get(Title, path)
    assert said in str(told.value)
    assert "the-token" not in str(told.value)


def test_a_write_whose_answer_was_lost_is_sent_again_by_the_same_key(academy: Academy) -> None:
    assert academy.post(Title, "/anything").title == "done"
    first, second = Misbehaving.seen
    assert first["Idempotency-Key"] == second["Idempotency-Key"]
    academy.post(Title, "/anything")
    assert Misbehaving.seen[2]["Idempotency-Key"] != first["Idempotency-Key"]


def test_an_academy_that_is_away_is_told() -> None:
    door = Door("http://127.0.0.1:1")
    with pytest.raises(AcademyError, match="cannot be reached"):
        door.send("GET", "/courses")
    door.close()


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://Academy.example/", "https://academy.example"),
        ("https://academy.example:8443", "https://academy.example:8443"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_an_academy_has_one_name(url: str, origin: str) -> None:
    assert origin_of(url) == origin


@pytest.mark.parametrize(
    "url",
    [
        "academy.example",
        "ftp://academy.example",
        "https://",
        "https://academy.example:port",
        "https://ann:secret@academy.example",
        "https://academy.example/path",
        "https://academy.example?query",
        "http://academy.example",
    ],
)
def test_what_is_no_academy_is_refused(url: str) -> None:
    with pytest.raises(AcademyError):
        origin_of(url)


def test_a_name_that_no_host_has_is_refused() -> None:
    with pytest.raises(AcademyError):
        Door("https://é☃.example")
