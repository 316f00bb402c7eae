"""A task that notes its runs, and what tests see of its jobs."""

import threading
from typing import Any

import psycopg
import sqlalchemy as sa

from services.kit import call as calls
from services.kit.data.database import Database
from services.kit.errors import NotFound, Unavailable
from services.kit.process.runtime import Runtime
from services.kit.work.tasks import Task
from stellr.errors.v1.reason_pb2 import Reason


class Away(Unavailable):
    reason = Reason.REASON_SERVICE_UNAVAILABLE
    message = "away"


class Gone(NotFound):
    reason = Reason.REASON_COURSE_NOT_FOUND
    message = "gone"


class Recorder:
    """A task that notes each of its runs, and fails as often as it is told to."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.calls: list[calls.Call | None] = []
        self.failures: list[Exception] = []
        self.gate = threading.Event()
        self.gate.set()

    def note(self, *, word: str) -> None:
        self.words.append(word)
        self.calls.append(calls.current())
        assert self.gate.wait(20)
        if self.failures:
            raise self.failures.pop()


def statuses(database: Database) -> list[str]:
    with database.transaction() as unit:
        return list(unit.session.scalars(sa.text("SELECT status::text FROM procrastinate_jobs")))


def defer(runtime: Runtime, task: Task, **values: Any) -> None:
    with runtime.database.transaction():
        task.defer(**values)


def outcomes(runtime: Runtime, job: str) -> dict[str, float]:
    """How many runs of a job ended how, by the metrics."""
    found = [line for line in runtime.metrics.text().splitlines() if f'job="{job}"' in line]
    counted = [line for line in found if line.startswith("stellr_jobs_total")]
    return {line.split('outcome="')[1].split('"')[0]: float(line.split()[-1]) for line in counted}


def execute(database: Database, statement: str) -> None:
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute(statement.encode())
