import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from services.kit.data.database import Database
from services.kit.errors import ResourceNotFound, ServiceUnavailable
from services.kit.process.runtime import Runtime
from services.kit.work.jobs import Tasks
from tests.services.kit.harness import Kit, message, notifications, serving, working

Databases = Callable[[str], Database]
Eventually = Callable[..., Any]
ROOT = Path(__file__).parents[4]


class Recorder:
    """A task that notes each of its runs, and fails as often as it is told to."""

    def __init__(self) -> None:
        self.tasks = Tasks()
        self.runs: list[str] = []
        self.failures: list[Exception] = []
        self.tasks.task(self.note)

    def note(self, runtime: Runtime, *, word: str) -> None:
        self.runs.append(word)
        if self.failures:
            raise self.failures.pop()


def jobs_left(database: Database) -> list[str]:
    with database.transaction() as unit:
        return list(unit.session.scalars(sa.text("SELECT status::text FROM procrastinate_jobs")))


def defer(runtime: Runtime, task: Any, **values: Any) -> None:
    with runtime.database.transaction():
        runtime.jobs.defer(task, **values)


def test_a_job_runs_after_the_commit_and_is_forgotten(
    kit: Kit, database_of: Databases, eventually: Eventually
) -> None:
    database, recorder = database_of("user"), Recorder()
    with working(kit.runtime(None, name="user", url=database.url, tasks=recorder.tasks)) as runtime:
        defer(runtime, recorder.note, word="kept")
        with runtime.database.transaction() as unit:
            runtime.jobs.defer(recorder.note, word="rolled back")
            unit.close()
        defer(runtime, recorder.note, word="last")
        eventually(lambda: not jobs_left(database))
    assert sorted(recorder.runs) == ["kept", "last"]


def test_a_job_that_fails_is_tried_again(
    kit: Kit, database_of: Databases, eventually: Eventually
) -> None:
    database, recorder = database_of("user"), Recorder()
    recorder.failures = [ServiceUnavailable(), RuntimeError("once")]
    with working(kit.runtime(None, name="user", url=database.url, tasks=recorder.tasks)) as runtime:
        defer(runtime, recorder.note, word="again")
        eventually(lambda: not jobs_left(database), 10)
    assert recorder.runs == ["again"] * 3


def test_a_job_that_is_refused_for_good_is_not_tried_again(
    kit: Kit, database_of: Databases, eventually: Eventually
) -> None:
    database, recorder = database_of("user"), Recorder()
    recorder.failures = [ResourceNotFound()]
    with working(kit.runtime(None, name="user", url=database.url, tasks=recorder.tasks)) as runtime:
        defer(runtime, recorder.note, word="once")
        eventually(lambda: jobs_left(database) == ["failed"])
    assert recorder.runs == ["once"]


def test_jobs_wait_while_nobody_works(
    kit: Kit, database_of: Databases, eventually: Eventually
) -> None:
    database, recorder = database_of("user"), Recorder()
    idle = kit.runtime(None, name="user", url=database.url, tasks=recorder.tasks)
    for number in range(50):
        defer(idle, recorder.note, word=str(number))
    idle.close()
    with working(kit.runtime(None, name="user", url=database.url, tasks=recorder.tasks)):
        eventually(lambda: not jobs_left(database), 10)
    assert sorted(map(int, recorder.runs)) == list(range(50))


def test_a_delivery_reaches_its_service_also_when_that_comes_later(
    kit: Kit, database_of: Databases, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    received: list[Any] = []
    arrived = threading.Event()
    with serving(kit.runtime(notifications(lambda _: None))) as port:
        pass

    def take(request: Any) -> None:
        received.append(request)
        arrived.set()

    monkeypatch.setenv("STELLR_TARGET_NOTIFICATION", f"127.0.0.1:{port}")
    url = database_of("user").url
    calls = ("notification",)
    method = "/stellr.notification.v1.NotificationInternalService/SendNotification"
    with working(kit.runtime(None, name="user", url=url, calls=calls)) as runtime:
        with runtime.database.transaction():
            runtime.jobs.deliver(method, message())
        assert not arrived.wait(1)
        # The service "user" may call; the listener takes the port that was its before.
        server = kit.runtime(notifications(take))
        with serving(server, f"127.0.0.1:{port}"):
            assert arrived.wait(15)
    assert received[0] == message()


def test_the_job_of_a_killed_worker_is_done_by_another(
    kit: Kit, database_of: Databases, eventually: Eventually, tmp_path: Path
) -> None:
    database, mark = database_of("user"), tmp_path / "mark"
    done: list[str] = []

    def note(runtime: Runtime, *, path: str) -> None:
        done.append(path)

    note.__name__ = "mark"
    tasks = Tasks()
    tasks.task(note)
    runtime = kit.runtime(None, name="user", url=database.url, tasks=tasks)
    defer(runtime, note, path=str(mark))
    dying = subprocess.Popen(
        [sys.executable, "-m", "tests.services.kit.worker"],
        cwd=ROOT,
        env={**os.environ, **kit.environ("user", database.url)},
    )
    eventually(mark.exists, 10)
    dying.kill()
    dying.wait()
    assert jobs_left(database) == ["doing"]
    with working(runtime):
        eventually(lambda: not jobs_left(database), 20)
    assert done == [str(mark)]
