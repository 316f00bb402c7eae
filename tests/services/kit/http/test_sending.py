"""Sending files: by ranges, with memory that stays flat, to readers who stop reading."""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from services.kit.http.sending import STOPPED
from tests.services.kit.http import serving as serving_module
from tests.services.kit.http.serving import serving
from tests.support import eventually

MEBIBYTE = 1024 * 1024
DATA = os.urandom(20 * MEBIBYTE)
PATIENCE_SECONDS = 3.0


@pytest.fixture(name="reasons")
def _reasons() -> list[str]:
    return []


@pytest.fixture(name="url")
def _url(tmp_path: Path, reasons: list[str]) -> Iterator[str]:
    (tmp_path / "file").write_bytes(DATA)
    with serving(tmp_path / "file", reasons, PATIENCE_SECONDS) as port:
        yield f"http://127.0.0.1:{port}/file"


def test_the_whole_file_and_parts_of_it(url: str) -> None:
    whole = httpx.get(url)
    assert (whole.status_code, whole.content) == (200, DATA)
    assert whole.headers["content-length"] == str(len(DATA))
    assert whole.headers["accept-ranges"] == "bytes"
    assert whole.headers["etag"] == '"abc"'
    assert whole.headers["last-modified"] == "Wed, 04 Mar 2026 00:00:00 GMT"
    part = httpx.get(url, headers={"Range": "bytes=1000000-7000000"})
    assert (part.status_code, part.content) == (206, DATA[1_000_000:7_000_001])
    assert part.headers["content-range"] == f"bytes 1000000-7000000/{len(DATA)}"
    end = httpx.get(url, headers={"Range": "bytes=-10"})
    assert (end.status_code, end.content) == (206, DATA[-10:])
    several = httpx.get(url, headers={"Range": "bytes=0-1,5-6"})
    assert (several.status_code, several.content) == (200, DATA)


def test_headers_alone(url: str) -> None:
    answer = httpx.head(url, headers={"Range": "bytes=0-1"})
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == str(len(DATA))
    assert answer.headers["content-type"] == "video/mp4"
    assert "content-range" not in answer.headers


def test_what_the_caller_has_is_not_sent_again(url: str) -> None:
    for verb in ("GET", "HEAD"):
        answer = httpx.request(verb, url, headers={"If-None-Match": '"abc"', "Range": "bytes=0-1"})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == '"abc"'
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_refusals_say_why(url: str) -> None:
    beyond = httpx.get(url, headers={"Range": f"bytes={len(DATA)}-"})
    assert beyond.status_code == 416
    assert beyond.headers["content-range"] == f"bytes */{len(DATA)}"
    assert beyond.json()["details"][0]["reason"] == "RANGE_NOT_SATISFIABLE"
    stale = httpx.get(url, headers={"If-Match": '"x"'})
    assert (stale.status_code, stale.json()["details"][0]["reason"]) == (412, "ETAG_STALE")


def test_one_connection_serves_one_request_after_the_other(url: str) -> None:
    with httpx.Client() as client:
        for start in range(0, 5_000_000, 500_000):
            asked = f"bytes={start}-{start + 299_999}"
            assert client.get(url, headers={"Range": asked}).content == DATA[start:][:300_000]
            assert client.head(url).status_code == 200


def stopped_reader(url: str) -> socket.socket:
    """Somebody who asks for a file and takes a little of it."""
    reader = socket.socket()
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    reader.connect(("127.0.0.1", int(url.split(":")[2].split("/", maxsplit=1)[0])))
    reader.sendall(b"GET /file HTTP/1.1\r\nHost: x\r\n\r\n")
    reader.recv(100)
    return reader


def test_readers_who_stop_hold_up_nobody_and_are_cut_off(url: str, reasons: list[str]) -> None:
    readers = [stopped_reader(url) for _ in range(16)]
    assert httpx.get(url).content == DATA
    # Nobody had to be cut off for that.
    assert STOPPED not in reasons
    eventually(lambda: reasons.count(STOPPED) == 16, PATIENCE_SECONDS + 5)
    assert httpx.get(url).content == DATA
    for reader in readers:
        reader.close()


def test_a_reader_who_leaves_is_no_error(url: str, reasons: list[str]) -> None:
    stopped_reader(url).close()
    eventually(lambda: reasons == ["GONE"], 5)
    assert httpx.get(url).content == DATA


def test_a_gigabyte_passes_with_flat_memory(tmp_path: Path) -> None:
    size = 1024 * MEBIBYTE
    with (tmp_path / "film").open("wb") as film:
        film.truncate(size)
    command = [sys.executable, serving_module.__file__, str(tmp_path / "film")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        port, watched = int(server.stdout.readline()), psutil.Process(server.pid)
        before, most, read = watched.memory_info().rss, 0, 0
        taken = bytearray(MEBIBYTE)
        with socket.create_connection(("127.0.0.1", port)) as reader:
            reader.sendall(b"GET /film HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            while got := reader.recv_into(taken):
                most = max(most, watched.memory_info().rss)
                read += got
        server.communicate()
    assert size < read < size + 1000
    assert most - before < 16 * MEBIBYTE


def test_a_file_that_is_on_no_disk_of_ours_is_passed_on(
    tmp_path: Path, reasons: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(DATA)
    monkeypatch.setattr("services.kit.http.sending.is_local", lambda _: False)
    with serving(tmp_path / "file", reasons, PATIENCE_SECONDS) as port:
        url = f"http://127.0.0.1:{port}/file"
        answer = httpx.get(url)
        assert hashlib.sha256(answer.content).digest() == hashlib.sha256(DATA).digest()
        part = httpx.get(url, headers={"Range": "bytes=5-1000004"})
        assert (part.status_code, part.content) == (206, DATA[5:1_000_005])
        readers = [stopped_reader(url) for _ in range(4)]
        assert httpx.get(url).content == DATA
        eventually(lambda: reasons.count(STOPPED) == 4, PATIENCE_SECONDS + 5)
        for reader in readers:
            reader.close()
