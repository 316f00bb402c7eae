import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from services.auth import breaches
from services.auth.breaches import Breaches
from services.auth.common_passwords import why_common

ABOUT = ("ann.example@learner.example", "Ann Example")


@pytest.mark.parametrize(
    "password",
    [
        "password",
        "PassWord1",
        "12345678",
        "87654321",
        "qwertyuiop",
        "iloveyou",
        "aaaaaaaa",
        "........",
        "abcdefgh",
        "Ann.Example@learner.example",
        "ann.example",
        "ann example",
        "AnnExample",
        "Stellr Academy",
        "aaaaaaaaaaaaaaaa",
        "abababababa",
        "123412341234",
        "012345678901234567890",
        "98765432109876",
        "qwertyuiopqwertyuiop",
        "Password1!",
        "letmein123",
        "stellr123",
        "!!Stellr Academy 2026",
        "ann.example1990",
    ],
)
def test_what_is_tried_first_is_refused(password: str) -> None:
    assert why_common(password, ABOUT)


@pytest.mark.parametrize(
    "password",
    [
        "a long secret",
        "correct horse battery",
        "ﷺ unlikely ﷺ",
        "tr0ub4dor&3x",
        "ababac12",
        "1a2k3c9d5e",
        "-7Xq83jd0",
    ],
)
def test_what_is_not_is_taken(password: str) -> None:
    assert why_common(password, ABOUT) == ""


class Range(BaseHTTPRequestHandler):
    """Knows one password, and pads."""

    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        digest = hashlib.sha1(b"known from a breach").hexdigest().upper()
        body = f"{digest[5:]}:42\r\n{'0' * 35}:0\r\n".encode()
        self.send_response(500 if self.path.startswith("/broken") else 200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    Range.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Range)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/range/"
    server.shutdown()
    server.server_close()


def test_a_breached_password_is_known_and_never_told(url: str) -> None:
    known = Breaches(url)
    assert known.know("known from a breach")
    assert not known.know("known to nobody else")
    assert all(len(path) == len("/range/") + 5 for path in Range.asked)


def test_padding_is_no_password(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "0" * 35 not in Breaches(url)._range("00000")


def test_while_nobody_answers_nothing_is_known(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not Breaches(url.replace("/range/", "/broken/")).know("known from a breach")
    assert not Breaches("http://127.0.0.1:1/").know("known from a breach")
    assert not Breaches("").know("known from a breach")
    monkeypatch.setattr(breaches, "MAX_BYTES", 10)
    assert not Breaches(url).know("known from a breach")
