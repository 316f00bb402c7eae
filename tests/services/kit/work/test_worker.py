import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from services.kit.data.database import Database
from services.kit.process.runtime import Runtime
from services.kit.work import retries
from services.kit.work import worker as workers
from services.kit.work.queue_table import QueueTable
from tests.services.kit.harness import Kit, working
from tests.services.kit.work.recorder import (
    Away,
    Recorder,
    defer,
    execute,
    outcomes,
    statuses,
)
from tests.support import eventually

ROOT = Path(__file__).parents[4]
DISK_FULL = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
CREATE TRIGGER refuse BEFORE UPDATE OR DELETE ON procrastinate_jobs FOR EACH ROW
WHEN (OLD.status = 'doing') EXECUTE FUNCTION refuse()
"""


def test_jobs_go_on_by_themselves_once_the_disk_has_room_again(
    runtime: Runtime, database: Database, recorder: Recorder
) -> None:
    note = runtime.jobs.task("note", recorder.note)
    execute(database, DISK_FULL)
    with capture_logs() as logs, working(runtime):
        for number in range(20):
            defer(runtime, note, word=str(number))
        eventually(lambda: [line for line in logs if "cannot be written" in line["event"]])
        execute(database, "DROP FUNCTION refuse() CASCADE")
        eventually(lambda: not statuses(database), 20)
    assert {int(word) for word in recorder.words} == set(range(20))


def test_the_worker_goes_on_by_itself_once_its_database_is_back(
    runtime: Runtime, database: Database, recorder: Recorder
) -> None:
    note = runtime.jobs.task("note", recorder.note)
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
    with working(runtime):
        defer(runtime, note, word="before")
        eventually(lambda: recorder.words == ["before"])
        for _ in range(3):
            execute(database, f"{others} AND datname = current_database()")
        eventually(lambda: 'work="jobs"' in runtime.metrics.text())
        with database.transaction():
            note.defer(word="after")
        eventually(lambda: recorder.words == ["before", "after"], 15)


def started(kit: Kit, database: Database, *arguments: str) -> subprocess.Popen[bytes]:
    """A process of its own with a worker that never ends what it begins."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.services.kit.work.dying_worker", *arguments],
        cwd=ROOT,
        env={**os.environ, **kit.environ("user", database.url)},
    )


def test_the_jobs_of_a_killed_worker_are_done_by_another(
    kit: Kit, runtime: Runtime, database: Database, tmp_path: Path
) -> None:
    done: list[str] = []
    mark = runtime.jobs.task("mark", lambda *, path: done.append(path))
    paths = [str(tmp_path / f"mark{number}") for number in range(3)]
    for path in paths:
        defer(runtime, mark, path=path)
    dying = started(kit, database)
    eventually(lambda: all(Path(path).exists() for path in paths), 20)
    dying.kill()
    dying.wait()
    assert statuses(database) == ["doing"] * 3
    with working(runtime):
        eventually(lambda: not statuses(database), 20)
    assert sorted(done) == paths


def test_a_job_that_kills_every_worker_is_given_up(
    kit: Kit, runtime: Runtime, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    defer(runtime, runtime.jobs.task("die", lambda: None))
    for _ in range(workers.MOST_DEATHS):
        assert started(kit, database, "quick").wait(20) == -signal.SIGKILL
    for name in ("BEAT_SECONDS", "DEAD_SECONDS", "DEATH_PAUSE_SECONDS"):
        monkeypatch.setattr(workers, name, getattr(workers, name) / 20)
    with working(runtime):
        eventually(lambda: statuses(database) == ["failed"])
        (dead,) = runtime.jobs.table.list_dead(after=0, limit=10)
    assert (dead.work, dead.attempts, dead.reason) == (
        "die",
        workers.MOST_DEATHS,
        "worker died while running it",
    )
    assert outcomes(runtime, "die") == {"dead": 1}


def test_deaths_count_in_a_row_and_not_over_again(
    runtime: Runtime, database: Database, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here a worker's number is struck out while it lives, which looks like its death."""
    monkeypatch.setattr(workers, "BEAT_SECONDS", 0.1)
    monkeypatch.setattr(workers, "DEAD_SECONDS", 0.3)
    monkeypatch.setattr(workers, "DEATH_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(workers, "MOST_DEATHS", 2)
    note = runtime.jobs.task("note", recorder.note)
    deaths = "SELECT (args->>'deaths')::int FROM procrastinate_jobs"

    def lose() -> None:
        execute(
            database,
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id ="
            " (SELECT procrastinate_register_worker_v1()), scheduled_at = NULL;"
            " UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'",
        )

    def counted() -> list[int | None]:
        with database.transaction() as unit:
            return list(unit.session.scalars(sa.text(deaths)))

    defer(runtime, note, word="alive")
    recorder.failures = [Away()]
    monkeypatch.setattr(retries, "FIRST_PAUSE_SECONDS", 60.0)
    lose()
    with working(runtime):
        eventually(lambda: recorder.words == ["alive"])
        eventually(lambda: counted() == [None])
        lose()
        eventually(lambda: not statuses(database))
    assert recorder.words == ["alive"] * 2


def test_a_worker_that_only_stood_still_keeps_nothing_it_lost(
    runtime: Runtime, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It counted as dead, and its job was done again; what the first run wrote is undone."""
    monkeypatch.setattr(workers, "BEAT_SECONDS", 0.1)
    monkeypatch.setattr(workers, "DEAD_SECONDS", 0.5)
    begun, go_on = threading.Event(), threading.Event()

    def write() -> None:
        first = not begun.is_set()
        name = "first" if first else "second"
        runtime.database.session.execute(sa.text(f"INSERT INTO periodic_runs VALUES ('{name}')"))
        begun.set()
        assert not first or go_on.wait(20)

    task = runtime.jobs.task("write", write)
    with capture_logs() as logs, working(runtime):
        defer(runtime, task)
        assert begun.wait(5)
        execute(database, "DELETE FROM procrastinate_workers")
        eventually(lambda: not statuses(database), 10)
        go_on.set()
        eventually(lambda: [line for line in logs if line.get("outcome") == "taken"])
    with database.transaction() as unit:
        names = unit.session.scalars(sa.text("SELECT name FROM periodic_runs")).all()
    assert names == ["second"]


def test_a_worker_that_stops_finishes_what_it_is_at(
    runtime: Runtime, database: Database, recorder: Recorder
) -> None:
    note = runtime.jobs.task("note", recorder.note)
    recorder.gate.clear()
    with working(runtime):
        defer(runtime, note, word="last")
        eventually(lambda: recorder.words)
        threading.Timer(0.5, recorder.gate.set).start()
    assert statuses(database) == []


def test_a_worker_that_stops_hands_back_what_takes_too_long(
    runtime: Runtime,
    kit: Kit,
    database: Database,
    recorder: Recorder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(workers, "STOP_SECONDS", 0.1)
    monkeypatch.setattr(workers, "DEAD_SECONDS", 0.2)
    monkeypatch.setattr(workers, "BEAT_SECONDS", 0.05)
    note = runtime.jobs.task("note", recorder.note)
    recorder.gate.clear()
    with working(runtime):
        defer(runtime, note, word="long")
        eventually(lambda: recorder.words)
    other = Recorder()
    second = kit.runtime(None, name="user", url=database.url)
    second.jobs.task("note", other.note)
    with working(second):
        eventually(lambda: not statuses(database))
    recorder.gate.set()
    assert other.words == ["long"]


def test_a_job_whose_claim_was_not_answered_is_taken_over(
    runtime: Runtime, database: Database, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection breaks after the claim was committed, before anybody hears of it."""
    monkeypatch.setattr(workers, "BEAT_SECONDS", 0.1)
    monkeypatch.setattr(workers, "DEAD_SECONDS", 0.5)
    claim, lost = QueueTable.claim, []

    def claim_and_break(table: QueueTable, worker: int, queues: Sequence[str]) -> Any:
        job = claim(table, worker, queues)
        if job is not None and not lost:
            lost.append(job)
            raise psycopg.OperationalError
        return job

    monkeypatch.setattr(QueueTable, "claim", claim_and_break)
    note = runtime.jobs.task("note", recorder.note)
    with working(runtime):
        defer(runtime, note, word="heard")
        eventually(lambda: lost and not statuses(database), 10)
    assert recorder.words == ["heard"]
