"""Which job a worker claims, of how many ever wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.kit.data.database import Database
from services.kit.process.runtime import Runtime
from services.kit.work import queue_table
from services.kit.work.queue_table import QueueTable
from services.kit.work.queues import Queue
from tests.services.kit.harness import working
from tests.services.kit.work.recorder import Recorder, statuses
from tests.support import eventually

ALL = [queue.value for queue in Queue]


@pytest.fixture
def table(database: Database) -> QueueTable:
    return QueueTable(database)


def add(table: QueueTable, database: Database, queue: Queue, *names: str) -> None:
    with database.transaction():
        table.enqueue_many("note", [{"values": {"word": name}} for name in names], queue)


def words(table: QueueTable, worker: int, queues: list[str], count: int) -> list[str]:
    claimed = [table.claim(worker, queues) for _ in range(count)]
    return [job.args["values"]["word"] if job else "" for job in claimed]


def execute(database: Database, statement: str) -> None:
    with database.transaction() as unit:
        unit.connection.execute(statement.encode())


def test_the_most_urgent_comes_first_and_of_a_queue_the_oldest(
    table: QueueTable, database: Database
) -> None:
    worker = table.register()
    add(table, database, Queue.BULK, "news 1", "news 2")
    add(table, database, Queue.NORMAL, "mail")
    add(table, database, Queue.URGENT, "code 1", "code 2")
    assert words(table, worker, ["urgent"], 1) == ["code 1"]
    told = words(table, worker, ALL, 5)
    assert told == ["code 2", "mail", "news 1", "news 2", ""]


def test_what_waits_for_its_time_is_claimed_when_that_has_come(
    table: QueueTable, database: Database
) -> None:
    worker = table.register()
    add(table, database, Queue.NORMAL, "later", "again", "new")
    execute(
        database,
        "UPDATE procrastinate_jobs SET scheduled_at = now() + CASE args->'values'->>'word'"
        " WHEN 'later' THEN interval '1 hour' ELSE interval '-1 second' END"
        " WHERE args->'values'->>'word' <> 'new'",
    )
    assert words(table, worker, ALL, 3) == ["again", "new", ""]


def test_what_comes_due_while_a_worker_looks_is_not_slept_over(
    runtime: Runtime, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker finds nothing to claim, and before it asks when to look again, the time comes."""
    claim, is_slow = QueueTable.claim, threading.Event()

    def claim_slowly(table: QueueTable, worker: int, queues: Sequence[str]) -> Any:
        job = claim(table, worker, queues)
        time.sleep(0.5 if is_slow.is_set() and not job else 0.0)
        return job

    monkeypatch.setattr(QueueTable, "claim", claim_slowly)
    note = runtime.jobs.task("note", recorder.note)
    with working(runtime):
        with runtime.database.transaction():
            note.defer(word="first")
        eventually(lambda: recorder.words)
        time.sleep(0.2)  # nothing wakes the worker any more
        is_slow.set()
        with runtime.database.transaction():
            note.defer(at=datetime.now(UTC) + timedelta(seconds=0.3), word="due")
        eventually(lambda: recorder.words == ["first", "due"], 5)


def test_the_next_time_to_look_is_that_of_the_queues_that_are_open(
    table: QueueTable, database: Database
) -> None:
    with database.transaction():
        for queue, seconds in ((Queue.BULK, -5), (Queue.NORMAL, 60)):
            at = datetime.now(UTC) + timedelta(seconds=seconds)
            table.enqueue("note", {"values": {}}, queue, at)
    due_in = {name: table.due_in([name]) for name in ("bulk", "normal", "urgent")}
    assert due_in["bulk"] == pytest.approx(-5, abs=2)
    assert due_in["normal"] == pytest.approx(60, abs=2)
    assert due_in["urgent"] is None
    assert table.due_in([]) is None
    assert table.due_in(ALL) == pytest.approx(-5, abs=2)


def test_no_job_is_claimed_twice(table: QueueTable, database: Database) -> None:
    worker = table.register()
    names = [str(number) for number in range(200)]
    add(table, database, Queue.BULK, *names)

    def claim(_: int) -> list[str]:
        return words(table, worker, ALL, 25)

    with ThreadPoolExecutor(8) as pool:
        told = [word for found in pool.map(claim, range(8)) for word in found]
    assert sorted(told) == sorted(names)


def test_a_claim_looks_at_no_more_jobs_where_many_wait(
    table: QueueTable, database: Database
) -> None:
    """The planner knows nothing of a table that has just been filled."""
    worker = table.register()
    add(table, database, Queue.BULK, *map(str, range(5000)))
    execute(
        database,
        "UPDATE procrastinate_jobs SET scheduled_at = now() + interval '1 hour' WHERE id % 2 = 0",
    )
    seen = 0
    for queues in (["urgent", "normal"], ALL):
        with database.transaction() as unit:
            explained: Any = unit.connection.execute(
                f"EXPLAIN (ANALYZE, FORMAT JSON) {_sql(queues, worker)}".encode()
            )
            ((plan,),) = explained.fetchall()
        seen = max(seen, _rows(plan[0]["Plan"]))
    assert seen < 100


def _sql(queues: list[str], worker: int) -> str:
    quoted = "ARRAY[" + ",".join(f"'{name}'" for name in queues) + "]"
    return queue_table._CLAIM._sql.replace("$1", quoted).replace("$2", str(worker))


def _rows(plan: dict[str, Any]) -> int:
    own = int(plan["Actual Rows"]) + int(plan.get("Rows Removed by Filter", 0))
    return max([own, *(_rows(each) for each in plan.get("Plans", []))])


def test_many_jobs_are_asked_for_together_or_not_at_all(
    runtime: Runtime, database: Database, recorder: Recorder
) -> None:
    note = runtime.jobs.task("note", recorder.note)
    with working(runtime):
        with runtime.database.transaction() as unit:
            note.defer_many([{"word": "lost"}])
            unit.close()
        with runtime.database.transaction():
            note.defer_many([{"word": str(number)} for number in range(20)], queue=Queue.BULK)
            note.defer_many([])
        eventually(lambda: len(recorder.words) == 20)
        eventually(lambda: not statuses(database))
    assert sorted(recorder.words, key=int) == [str(number) for number in range(20)]


def test_those_that_failed_are_hurried_and_no_others(table: QueueTable, database: Database) -> None:
    add(table, database, Queue.NORMAL, "failed 1", "failed 2", "planned", "new")
    execute(
        database,
        "UPDATE procrastinate_jobs SET scheduled_at = now() + id * interval '1 hour', attempts ="
        " (args->'values'->>'word' LIKE 'failed%')::int WHERE args->'values'->>'word' <> 'new'",
    )
    due = "SELECT args->'values'->>'word' FROM procrastinate_jobs WHERE scheduled_at <= now()"

    def told() -> list[str]:
        with database.transaction() as unit:
            return sorted(word for (word,) in unit.connection.execute(due.encode()))

    table.hurry("other", None)
    assert told() == []
    table.hurry("note", 1)
    assert told() == ["failed 1"]
    table.hurry("note", None)
    assert told() == ["failed 1", "failed 2"]
