import asyncio
import contextvars
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from services.kit.metrics import Metrics
from services.kit.work import supervisor as supervising
from services.kit.work.supervisor import Supervisor
from tests.support import PATIENCE

Eventually = Callable[..., Any]


@pytest.fixture
def metrics() -> Metrics:
    return Metrics("course", "1")


@pytest.fixture
def supervisor(metrics: Metrics) -> Iterator[Supervisor]:
    made = Supervisor(metrics, blocking_steps=2)
    yield made
    made.stop(1)


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervising, "FIRST_PAUSE_SECONDS", 0.001)


class Work:
    """Work that ends as often as it has ends, and then stays."""

    def __init__(self, *ends: BaseException | None) -> None:
        self.ends = list(ends)
        self.starts: list[float] = []
        self.stays = threading.Event()
        self.cancelled = threading.Event()

    async def __call__(self) -> None:
        self.starts.append(time.monotonic())
        if self.ends:
            end = self.ends.pop(0)
            if end is not None:
                raise end
            return
        self.stays.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.cancelled.set()


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize(
    "end",
    [RuntimeError("broken"), None, SystemExit(3), asyncio.CancelledError()],
    ids=["raises", "returns", "exits", "loses a part of it"],
)
def test_work_that_ends_is_logged_counted_and_started_again(
    supervisor: Supervisor, metrics: Metrics, end: BaseException | None
) -> None:
    work = Work(end, end)
    with capture_logs() as logs:
        supervisor.start()
        supervisor.add("feed", work)
        assert work.stays.wait(5)
    assert len(work.starts) == 3
    assert [line["worker"] for line in logs if "ended" in line["event"]] == ["feed"] * 2
    assert logs[0]["error"].startswith(type(end).__name__ if end else "returned")
    assert 'stellr_worker_restarts_total{service="course",work="feed",worker="1"} 2.0' in (
        metrics.text()
    )


def test_the_pause_grows_with_each_failure(supervisor: Supervisor) -> None:
    work = Work(*[RuntimeError("broken")] * 3)
    supervisor.start()
    supervisor.add("feed", work)
    assert work.stays.wait(10)
    gaps = [later - earlier for earlier, later in zip(work.starts, work.starts[1:], strict=False)]
    assert gaps[0] >= 0.2
    assert gaps[1] >= 0.4
    assert gaps[2] >= 0.8


def test_the_pause_is_short_again_after_steady_work(
    supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervising, "STEADY_SECONDS", 0.0)
    monkeypatch.setattr(supervising, "FIRST_PAUSE_SECONDS", 0.01)
    work = Work(*[RuntimeError("broken")] * 11)
    supervisor.start()
    supervisor.add("feed", work)
    # Growing pauses would add up to 20 s.
    assert work.stays.wait(2 * PATIENCE)


@pytest.mark.usefixtures("eager")
def test_other_work_goes_on_while_one_is_broken(supervisor: Supervisor) -> None:
    broken, sound = Work(*[RuntimeError("broken")] * 5), Work()
    supervisor.add("sound", sound)
    supervisor.add("broken", broken)
    supervisor.start()
    assert sound.stays.wait(5)
    assert broken.stays.wait(5)
    assert len(sound.starts) == 1


def test_stop_cancels_work_and_ends_the_thread(metrics: Metrics) -> None:
    supervisor = Supervisor(metrics)
    before, after = Work(), Work()
    supervisor.add("before", before)
    supervisor.start()
    supervisor.add("after", after)
    assert before.stays.wait(5)
    assert after.stays.wait(5)
    supervisor.stop(1)
    assert before.cancelled.is_set()
    assert after.cancelled.is_set()
    assert supervisor.loop.is_closed()
    assert not [thread for thread in threading.enumerate() if thread.name == "loop"]
    assert "stellr_worker_restarts_total{" not in metrics.text()


def test_stop_waits_for_work_no_longer_than_its_grace(metrics: Metrics) -> None:
    supervisor = Supervisor(metrics)
    began = threading.Event()

    async def stubborn() -> None:
        began.set()
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                continue

    supervisor.start()
    supervisor.add("stubborn", stubborn)
    assert began.wait(5)
    with capture_logs() as logs:
        supervisor.stop(0.1)
    assert [line["worker"] for line in logs] == ["stubborn"]


def test_a_supervisor_that_never_started_can_be_stopped(metrics: Metrics) -> None:
    supervisor = Supervisor(metrics)
    supervisor.add("feed", Work())
    supervisor.stop(1)
    assert supervisor.loop.is_closed()


def test_submit_brings_back_what_a_coroutine_returns_or_raises(supervisor: Supervisor) -> None:
    async def double(number: int) -> int:
        if number < 0:
            raise ValueError(number)
        return number * 2

    supervisor.start()
    assert supervisor.submit(double(21)).result(5) == 42
    with pytest.raises(ValueError, match="-1"):
        supervisor.submit(double(-1)).result(5)


def test_blocking_steps_share_a_bounded_pool(supervisor: Supervisor) -> None:
    gate, inside, most = threading.Event(), [0], [0]
    lock = threading.Lock()

    def block() -> None:
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
        gate.wait(5 * PATIENCE)
        with lock:
            inside[0] -= 1

    async def many() -> None:
        steps = asyncio.gather(*(asyncio.to_thread(block) for _ in range(6)))
        while inside[0] < 2:
            await asyncio.sleep(0.01)
        # A third would come soon.
        await asyncio.sleep(0.1)
        gate.set()
        await steps

    supervisor.start()
    supervisor.submit(many()).result(5 * PATIENCE)
    assert most[0] == 2


def test_work_does_not_inherit_the_context_of_who_adds_it(supervisor: Supervisor) -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="none")
    seen: list[str] = []
    done = threading.Event()

    async def look() -> None:
        seen.append(variable.get())
        done.set()
        await asyncio.Event().wait()

    supervisor.start()
    variable.set("of a request")
    supervisor.add("look", look)
    assert done.wait(5)
    assert seen == ["none"]


def test_an_error_outside_of_all_work_is_logged(
    supervisor: Supervisor, eventually: Eventually
) -> None:
    def fail() -> None:
        raise RuntimeError("stray")

    with capture_logs() as logs:
        supervisor.start()
        supervisor.loop.call_soon_threadsafe(fail)
        eventually(lambda: logs)
    assert logs[0]["error"].startswith("RuntimeError")
    assert "stray" not in str(logs)
