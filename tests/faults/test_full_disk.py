"""A disk that is full, until PostgreSQL itself gives up, and then has room again."""

from __future__ import annotations

import os
import secrets
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest

from tests import support
from tests.faults.volume import NoVolume, Volume, mounted
from tests.support import Learner, Stack, Visitor, eventually

VOLUME_BYTES = 320 * 1024 * 1024
PEOPLE = 40
HEALED_SECONDS = 60
# Some of these fill a segment of the log (16 MB), so that a new one is needed.
LOG_RECORD = "SELECT pg_logical_emit_message(true, 'test', repeat('x', 4000000), true)"


@pytest.fixture(name="volume")
def _volume(tmp_path: Path) -> Iterator[Volume]:
    try:
        with mounted(tmp_path / "volume", VOLUME_BYTES) as volume:
            yield volume
    except NoVolume:
        pytest.skip("only root may mount a file system")


@pytest.fixture(name="own")
def _own(volume: Volume) -> Iterator[Stack]:
    running = Stack(volume.root / "state", support.free_port()).start()
    try:
        yield running
    finally:
        assert running.stop() == 0


def ask_to_register(stack: Stack) -> tuple[str, httpx.Response]:
    """Somebody new, and what they were told."""
    address = f"{secrets.token_hex(8)}@learner.example"
    body = {"email": address, "password": secrets.token_urlsafe(12), "displayName": "Ann"}
    return address, Visitor(stack).post("/register", body)


def break_off_the_log(stack: Stack) -> None:
    """Write until PostgreSQL has no room for what it must be able to write, and panics."""
    with psycopg.connect(stack.run["databases"]["progress"], autocommit=True) as connection:
        for _ in range(100):
            try:
                connection.execute(LOG_RECORD)
            except psycopg.Error:
                return
    raise AssertionError("there was room for all of that")


def children(stack: Stack) -> set[int]:
    """The processes of a stack."""
    assert stack.process is not None
    assert stack.process.poll() is None
    return {child.pid for child in psutil.Process(stack.process.pid).children()}


def is_ready(stack: Stack) -> bool:
    """What /readyz says."""
    return Visitor(stack).get("/readyz").status_code == 200


def test_a_full_disk_is_told_and_all_goes_on_by_itself_once_there_is_room(
    own: Stack, volume: Volume
) -> None:
    somebody: Learner = support.register(own)
    volume.fill()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: ask_to_register(own), range(PEOPLE)))
    refused = [answer for _, answer in answers if answer.status_code != 200]
    # Who was told yes gets a mail, who was told no a time to come back.
    assert {(answer.status_code, support.reason(answer)) for answer in refused} == {
        (503, "STORAGE_UNAVAILABLE")
    }
    assert {answer.headers["retry-after"] for answer in refused} == {"1"}
    expected = [address for address, answer in answers if answer.status_code == 200]

    break_off_the_log(own)
    eventually(lambda: not is_ready(own), HEALED_SECONDS)
    answer = Visitor(own).get("/courses")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")

    volume.fill()
    pid, before = own.part("quiz-0")["pid"], children(own)
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: pid not in children(own), HEALED_SECONDS)
    eventually(lambda: len(children(own)) >= len(before), HEALED_SECONDS)

    volume.make_room()
    eventually(lambda: is_ready(own), HEALED_SECONDS)
    eventually(lambda: all(own.mails(address) for address in expected), HEALED_SECONDS)
    assert {len(own.mails(address)) for address in expected} <= {1}
    # The door notices a moment later than the gateway.
    eventually(lambda: ask_to_register(own)[1].status_code == 200, HEALED_SECONDS)
    eventually(lambda: somebody.get("/me").status_code == 200, HEALED_SECONDS)
    support.register(own)
    eventually(lambda: own.command("status").returncode == 0, HEALED_SECONDS)
    assert {path.suffix for path in (own.state / "outbox").iterdir()} == {".eml"}
