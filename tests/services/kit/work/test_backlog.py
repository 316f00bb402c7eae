from collections.abc import Callable

import psycopg
import pytest

from services.kit.data.database import Database
from services.kit.metrics import Metrics
from services.kit.process.runtime import Runtime
from services.kit.work.backlog import FAILING_SECONDS, LATE_SECONDS, Backlog, is_stuck
from services.kit.work.queue_table import QueueState, QueueTable
from services.kit.work.queues import Queue
from tests.services.kit.work.recorder import defer, execute


@pytest.fixture
def table(database: Database) -> QueueTable:
    return QueueTable(database)


@pytest.fixture
def enqueue(runtime: Runtime) -> Callable[..., None]:
    tasks = {
        queue: runtime.jobs.task(f"do_{queue}", lambda **_: None, queue=queue) for queue in Queue
    }
    return lambda queue: defer(runtime, tasks[queue])


def state_of(table: QueueTable, queue: Queue) -> QueueState:
    return next(state for state in table.look() if state.queue == queue)


def since(database: Database, column: str, seconds: float, condition: str = "true") -> None:
    execute(
        database,
        f"UPDATE procrastinate_jobs SET {column} = now() - make_interval(secs => {seconds})"
        f" WHERE {condition}",
    )


def test_every_queue_is_told_also_one_without_jobs(table: QueueTable) -> None:
    assert table.look() == [QueueState(queue.value, 0, 0, 0, 0, 0) for queue in Queue]
    assert table.count_dead() == 0


def test_jobs_are_counted_by_how_they_stand(
    database: Database, table: QueueTable, enqueue: Callable[..., None]
) -> None:
    for _ in range(4):
        enqueue(Queue.NORMAL)
    since(database, "created_at", 50)
    worker = table.register()
    running, failing, dead = (table.claim(worker, [Queue.NORMAL]) for _ in range(3))
    assert running
    assert failing
    assert dead
    table.retry(worker, failing.job_id, 3600)
    table.bury(worker, dead.job_id, "no use")
    found = state_of(table, Queue.NORMAL)
    assert found[:4] == (Queue.NORMAL, 1, 1, 1)
    assert 50 <= found.oldest_seconds < 50 + 30
    assert 0 <= found.failing_seconds < 30
    assert table.count_dead() == 1


def test_what_is_for_later_does_not_wait_until_it_is_due(
    database: Database, table: QueueTable, enqueue: Callable[..., None]
) -> None:
    enqueue(Queue.BULK)
    since(database, "scheduled_at", -60)
    assert state_of(table, Queue.BULK)[1:5] == (0, 0, 0, 0)
    since(database, "scheduled_at", 40)
    found = state_of(table, Queue.BULK)
    assert found.waiting == 1
    assert 40 <= found.oldest_seconds < 40 + 30


def test_a_job_fails_from_its_first_failure_until_an_operator_sends_it_again(
    database: Database, table: QueueTable, enqueue: Callable[..., None]
) -> None:
    enqueue(Queue.APART)
    worker = table.register()
    for _ in range(2):
        job = table.claim(worker, [Queue.APART])
        assert job
        table.retry(worker, job.job_id, -1)
        since(database, "failing_since", 100, "failing_since > now() - interval '50 s'")
    assert 100 <= state_of(table, Queue.APART).failing_seconds < 100 + 30
    job = table.claim(worker, [Queue.APART])
    assert job
    table.bury(worker, job.job_id, "no use")
    table.revive([job.job_id], everything=False)
    assert state_of(table, Queue.APART)[1:4] == (1, 0, 0)


@pytest.mark.parametrize("queue", Queue)
def test_jobs_stand_still_when_they_wait_or_fail_for_too_long(queue: Queue) -> None:
    late = LATE_SECONDS[queue]
    assert not is_stuck(QueueState(queue, 9, 1, 9, late, FAILING_SECONDS))
    assert is_stuck(QueueState(queue, 9, 1, 9, late + 1, 0))
    assert is_stuck(QueueState(queue, 0, 0, 9, 0, FAILING_SECONDS + 1))


def test_health_and_metrics_hear_of_it(
    database: Database, table: QueueTable, enqueue: Callable[..., None]
) -> None:
    told: list[bool] = []
    metrics = Metrics("user", "0")
    backlog = Backlog(table, metrics, told.append)
    assert "stellr_jobs_waiting{" not in metrics.text()
    enqueue(Queue.URGENT)
    backlog.look()
    since(database, "created_at", LATE_SECONDS[Queue.URGENT] + 1)
    backlog.look()
    execute(database, "DELETE FROM procrastinate_jobs")
    enqueue(Queue.BULK)
    backlog.look()
    assert told == [True, False, True]
    assert 'stellr_jobs_waiting{queue="bulk",service="user",worker="0"} 1.0' in metrics.text()
    assert 'stellr_jobs_given_up{service="user",worker="0"} 0.0' in metrics.text()


def test_nothing_is_told_of_jobs_that_could_not_be_looked_at(
    table: QueueTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    metrics = Metrics("user", "0")
    backlog = Backlog(table, metrics, lambda _: None)
    backlog.look()
    assert "stellr_jobs_oldest_seconds{" in metrics.text()

    def away() -> int:
        raise psycopg.OperationalError

    monkeypatch.setattr(table, "count_dead", away)
    with pytest.raises(psycopg.OperationalError):
        backlog.look()
    assert "stellr_jobs_oldest_seconds{" not in metrics.text()
    assert "stellr_jobs_given_up{" not in metrics.text()
