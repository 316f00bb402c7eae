import itertools
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from services.kit import call as calls
from services.kit.data.database import Database
from services.kit.errors import ServiceUnavailable
from services.kit.metrics import Metrics
from services.kit.work import periodic as running
from services.kit.work.periodic import Periodic, start_periodic
from services.kit.work.supervisor import Supervisor

Databases = Callable[[str], Database]
Eventually = Callable[..., Any]
ROOT = Path(__file__).parents[4]
NOTE = sa.text(
    "INSERT INTO idempotency_keys (caller, method, key, fingerprint, created_at)"
    " VALUES (:who, 'm', gen_random_uuid()::text, '', clock_timestamp())"
)
NOTES = sa.text("SELECT caller, created_at FROM idempotency_keys ORDER BY created_at")


@contextmanager
def process(database: Database | None, *work: Periodic) -> Iterator[Metrics]:
    """What a process does for its periodic work."""
    metrics = Metrics("user", "1")
    supervisor = Supervisor(metrics)
    supervisor.start()
    try:
        start_periodic(supervisor, database, metrics, work)
        yield metrics
    finally:
        supervisor.stop(5)


def notes(database: Database) -> list[Any]:
    with database.transaction() as unit:
        return list(unit.session.execute(NOTES))


class Note:
    """Work that writes down each run in the transaction it runs in, and then ends as told."""

    def __init__(self, database: Database, *ends: Exception | bool, who: str = "it") -> None:
        self._database = database
        self._ends = list(ends)
        self._who = who
        self.runs = 0

    def __call__(self) -> bool:
        self.runs += 1
        self._database.session.execute(NOTE, {"who": self._who})
        end = self._ends.pop(0) if self._ends else False
        if isinstance(end, Exception):
            raise end
        return end


def test_one_process_of_all_does_what_is_due(
    database_of: Databases, eventually: Eventually
) -> None:
    database = database_of("user")
    with ExitStack() as processes:
        for who in "abc":
            work = Periodic("note", 0.2, Note(database, who=who))
            processes.enter_context(process(database, work))
        eventually(lambda: len(notes(database)) >= 5)
    times = [written for _, written in notes(database)]
    for earlier, later in itertools.pairwise(times):
        assert (later - earlier).total_seconds() >= 0.19


def test_each_process_does_what_is_to_be_done_everywhere(
    database_of: Databases, eventually: Eventually
) -> None:
    database = database_of("user")
    with ExitStack() as processes:
        for who in "ab":
            work = Periodic("note", 60, Note(database, who=who), everywhere=True)
            processes.enter_context(process(database, work))
        eventually(lambda: sorted(who for who, _ in notes(database)) == ["a", "b"])


def test_work_that_has_more_to_do_goes_on_at_once(
    database_of: Databases, eventually: Eventually
) -> None:
    database = database_of("user")
    with process(database, Periodic("note", 3600, Note(database, True, True))):
        eventually(lambda: len(notes(database)) == 3)


@pytest.mark.parametrize("everywhere", [True, False])
def test_work_that_fails_leaves_nothing_is_told_and_tried_again(
    database_of: Databases,
    eventually: Eventually,
    monkeypatch: pytest.MonkeyPatch,
    everywhere: bool,
) -> None:
    monkeypatch.setattr(running, "FIRST_PAUSE_SECONDS", 0.01)
    database = database_of("user")
    note = Note(database, ServiceUnavailable("away"), ValueError("ann@learner.example"))
    with (
        capture_logs() as logs,
        process(database, Periodic("note", 3600, note, everywhere)) as metrics,
    ):
        eventually(lambda: len(notes(database)) == 1)
        eventually(lambda: 'outcome="ok"' in metrics.text())
    assert note.runs == 3
    told = [line for line in logs if line["event"] == "periodic work failed"]
    assert told[0]["error"] == "UNAVAILABLE SERVICE_UNAVAILABLE: away"
    assert all(line["request_id"] and line["work"] == "note" for line in told)
    assert "ann@" not in str(logs)
    samples = 'stellr_periodic_runs_total{outcome="failed",service="user",work="note",worker="1"}'
    assert f"{samples} 2.0" in metrics.text()


def test_another_process_waits_as_long_as_the_failure_says(
    database_of: Databases, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "FIRST_PAUSE_SECONDS", 0.5)
    monkeypatch.setattr(running, "TAKEN_SECONDS", 0.01)
    database = database_of("user")
    began = now(database)
    with process(database, Periodic("note", 3600, Note(database, RuntimeError()))) as metrics:
        eventually(lambda: 'outcome="failed"' in metrics.text())
    with process(database, Periodic("note", 3600, Note(database))):
        eventually(lambda: notes(database))
    assert (notes(database)[0].created_at - began).total_seconds() >= 0.5


def now(database: Database) -> Any:
    with database.transaction() as unit:
        return unit.session.execute(sa.text("SELECT now()")).scalar()


def test_a_run_has_a_call_with_an_id_of_its_own(
    database_of: Databases, eventually: Eventually
) -> None:
    seen: list[calls.Call | None] = []
    with process(database_of("user"), Periodic("look", 3600, lambda: seen.append(calls.current()))):
        eventually(lambda: seen)
    assert seen[0]
    assert (seen[0].method, bool(seen[0].request_id)) == ("periodic:look", True)


def test_the_work_of_a_killed_process_is_done_by_another(
    database_of: Databases,
    eventually: Eventually,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(running, "TAKEN_SECONDS", 0.05)
    database, mark = database_of("user"), tmp_path / "mark"
    command = [sys.executable, "-m", "tests.services.kit.work.dying_periodic", str(mark)]
    dying = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, "STELLR_DATABASE_URL": database.url}
    )
    eventually(mark.exists, 10)
    with process(database, Periodic("mark", 3600, Note(database))):
        dying.kill()
        dying.wait()
        eventually(lambda: notes(database), 10)


def test_work_for_all_needs_a_database() -> None:
    with (
        pytest.raises(ValueError, match="note: only a database tells whose turn it is"),
        process(None, Periodic("note", 1, lambda: None)),
    ):
        pass


def test_a_process_without_a_database_works_for_itself(eventually: Eventually) -> None:
    runs: list[bool] = []
    with process(None, Periodic("look", 0.01, lambda: runs.append(True), everywhere=True)):
        eventually(lambda: len(runs) > 1)
