import threading
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, nullcontext

import pytest

from services.kit.rpc.threads import CallThreads
from services.kit.waiting import waiting

SECONDS = 10.0


def _blocked(
    threads: CallThreads,
    times: int,
    go_on: threading.Event,
    within: AbstractContextManager[None] | None = None,
) -> list[Future[bool]]:
    """Tasks that compute, or wait for something elsewhere, until they may go on."""
    entered = threading.Semaphore(0)

    def task() -> bool:
        with within or nullcontext():
            entered.release()
            return go_on.wait(SECONDS)

    tasks = [threads.submit(task) for _ in range(times)]
    for _ in tasks:
        assert entered.acquire(timeout=SECONDS)
    return tasks


def test_results_and_errors_come_back() -> None:
    threads = CallThreads(2)
    assert threads.submit(divmod, 7, 2).result(SECONDS) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        threads.submit(divmod, 7, 0).result(SECONDS)


def test_no_more_threads_compute_than_may() -> None:
    threads, go_on = CallThreads(8, computing=2), threading.Event()
    busy = _blocked(threads, 2, go_on)
    late = threads.submit(int)
    with pytest.raises(TimeoutError):
        late.result(0.2)
    go_on.set()
    assert all(task.result(SECONDS) for task in busy)
    assert late.result(SECONDS) == 0


def test_who_waits_for_something_elsewhere_holds_up_nobody() -> None:
    threads, go_on = CallThreads(8, computing=2), threading.Event()
    held = _blocked(threads, 7, go_on, within=waiting)
    assert threads.submit(int).result(SECONDS) == 0
    go_on.set()
    assert all(task.result(SECONDS) for task in held)


def test_waits_are_bounded_by_the_number_of_threads() -> None:
    threads, go_on = CallThreads(3, computing=2), threading.Event()
    _blocked(threads, 3, go_on, within=waiting)
    late = threads.submit(int)
    with pytest.raises(TimeoutError):
        late.result(0.2)
    go_on.set()
    assert late.result(SECONDS) == 0


def test_after_a_wait_no_more_take_up_work_than_may() -> None:
    threads, go_on = CallThreads(8, computing=1), threading.Event()
    waits, back = threading.Event(), threading.Event()

    def ask_elsewhere_then_compute() -> bool:
        with waiting:
            waits.set()
            assert back.wait(SECONDS)
        return go_on.wait(SECONDS)

    first = threads.submit(ask_elsewhere_then_compute)
    assert waits.wait(SECONDS)
    second = _blocked(threads, 1, go_on)
    back.set()
    late = threads.submit(int)
    with pytest.raises(TimeoutError):
        late.result(0.2)
    go_on.set()
    assert first.result(SECONDS)
    assert second[0].result(SECONDS)
    assert late.result(SECONDS) == 0


def test_many_tasks_from_many_threads_are_done_once_each() -> None:
    threads, done = CallThreads(6, computing=2), Counter[int]()
    lock = threading.Lock()

    def task(number: int) -> None:
        if number % 3 == 0:
            with waiting:
                threading.Event().wait(0.001)
        with lock:
            done[number] += 1

    with ThreadPoolExecutor(8) as callers:
        tasks = list(callers.map(lambda number: threads.submit(task, number), range(2000)))
    assert not wait(tasks, timeout=SECONDS).not_done
    assert done == Counter(range(2000))
