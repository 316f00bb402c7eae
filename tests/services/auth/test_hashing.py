import threading
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

import pytest

from services.auth.errors import SignInBusy
from services.auth.hashing import AT_ONCE, Hashing
from services.kit import call


class Gate:
    """Work that does not end before the gate is opened."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.begun = threading.Semaphore(0)

    def __call__(self) -> str:
        self.begun.release()
        assert self.open.wait(10)
        return "done"


@pytest.fixture
def gate() -> Iterator[Gate]:
    closed = Gate()
    yield closed
    closed.open.set()


@pytest.fixture
def people() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(50) as pool:
        yield pool


def test_everybody_gets_the_result_of_their_own_work(people: ThreadPoolExecutor) -> None:
    queue = Hashing(admitted=50)
    assert list(people.map(lambda number: queue.run(lambda: number), range(50))) == [*range(50)]


def test_what_goes_wrong_is_told_to_who_asked() -> None:
    queue = Hashing(admitted=1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            queue.run(lambda: 1 // 0)


def test_who_is_one_too_many_is_refused_at_once(gate: Gate, people: ThreadPoolExecutor) -> None:
    queue = Hashing(admitted=5)
    asked = {people.submit(queue.run, gate) for _ in range(6)}
    refused, admitted = wait(asked, 10, FIRST_COMPLETED)
    (error,) = (future.exception() for future in refused)
    assert isinstance(error, SignInBusy)
    assert error.retry_after
    gate.open.set()
    assert {future.result(10) for future in admitted} == {"done"}
    assert queue.run(lambda: "later") == "later"


def test_nobody_waits_longer_than_their_caller_does(gate: Gate, people: ThreadPoolExecutor) -> None:
    queue, late = Hashing(admitted=AT_ONCE + 1), threading.Event()
    at_work = [people.submit(queue.run, gate) for _ in range(AT_ONCE)]
    for _ in range(AT_ONCE):
        assert gate.begun.acquire(timeout=10)
    token = call.enter(call.Call("test", deadline=time.monotonic() + 0.05))
    try:
        with pytest.raises(SignInBusy):
            queue.run(late.set)
    finally:
        call.leave(token)
    gate.open.set()
    assert [future.result(10) for future in at_work] == ["done"] * AT_ONCE
    assert queue.run(lambda: "next") == "next"
    assert not late.is_set()
