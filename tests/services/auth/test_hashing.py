import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

import pytest

from services.auth import hashing, passwords
from services.auth.errors import SignInBusy
from services.auth.hashing import AT_ONCE, Hashing
from services.kit import call

PASSWORD = "correct horse"


class Gate:
    """Stands in for argon2: lets no work through until it is opened."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.entered = threading.Semaphore(0)
        self.done: list[str] = []

    def __call__(self, password: str) -> str:
        self.entered.release()
        assert self.open.wait(10)
        self.done.append(password)
        return f"hash of {password}"


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    closed = Gate()
    monkeypatch.setattr(passwords, "hash_password", closed)
    yield closed
    closed.open.set()


@pytest.fixture
def people() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(50) as pool:
        yield pool


def test_passwords_are_hashed_and_verified_by_many_at_once(people: ThreadPoolExecutor) -> None:
    queue = Hashing(admitted=8)
    kept = list(people.map(queue.hash, [PASSWORD] * 8))
    assert len(set(kept)) == 8
    assert list(people.map(queue.verify, [PASSWORD, "wrong"] * 4, kept)) == [True, False] * 4
    assert not queue.verify(PASSWORD, None)


def test_who_is_one_too_many_is_refused_at_once(gate: Gate, people: ThreadPoolExecutor) -> None:
    queue = Hashing(admitted=5)
    asked = {people.submit(queue.hash, "secret") for _ in range(6)}
    refused, admitted = wait(asked, 10, FIRST_COMPLETED)
    (error,) = (future.exception() for future in refused)
    assert isinstance(error, SignInBusy)
    assert error.retry_after
    gate.open.set()
    assert {future.result(10) for future in admitted} == {"hash of secret"}
    assert queue.hash("later") == "hash of later"


def test_nobody_waits_longer_than_its_caller_does(gate: Gate, people: ThreadPoolExecutor) -> None:
    queue = Hashing(admitted=AT_ONCE + 1)
    at_work = [people.submit(queue.hash, "at work") for _ in range(AT_ONCE)]
    for _ in range(AT_ONCE):
        assert gate.entered.acquire(timeout=10)
    token = call.enter(call.Call("test", deadline=time.monotonic() + 0.05))
    try:
        with pytest.raises(SignInBusy):
            queue.hash("late")
    finally:
        call.leave(token)
    gate.open.set()
    assert [future.result(10) for future in at_work] == ["hash of at work"] * AT_ONCE
    assert queue.hash("next") == "hash of next"
    assert "late" not in gate.done


def test_hashing_gives_way_to_the_rest_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "hash_password", lambda _: niceness())
    assert Hashing(admitted=1).hash("secret") == niceness() + hashing.NICENESS


def niceness() -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
