import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from services.kit import call as calls
from services.kit.data.database import Database
from services.kit.process.runtime import Runtime
from tests.services.kit.harness import Kit, working
from tests.services.kit.work.recorder import (
    Away,
    Gone,
    Recorder,
    defer,
    execute,
    outcomes,
    statuses,
)
from tests.support import eventually


def test_a_job_that_fails_is_tried_again(
    runtime: Runtime, database: Database, recorder: Recorder
) -> None:
    note = runtime.jobs.task("note", recorder.note)
    recorder.failures = [Away(), RuntimeError("once")]
    with working(runtime):
        defer(runtime, note, word="again")
        eventually(lambda: not statuses(database), 10)
    assert recorder.words == ["again"] * 3
    assert outcomes(runtime, "note") == {"ok": 1, "retried": 2}


def test_each_try_is_made_and_logged_under_the_request_that_asked(
    runtime: Runtime, database: Database, recorder: Recorder
) -> None:
    note = runtime.jobs.task("note", recorder.note)
    recorder.failures = [Away(), RuntimeError("once")]
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"
    token = calls.enter(calls.Call("test", "request-1", traceparent=trace))
    defer(runtime, note, word="again")
    calls.leave(token)
    with capture_logs() as logs, working(runtime):
        eventually(lambda: not statuses(database), 10)
    made = [(call.request_id, call.traceparent) for call in recorder.calls if call]
    assert made == [("request-1", trace)] * 3
    told = [
        (line["outcome"], line["request_id"], line["trace_id"])
        for line in logs
        if line["event"] == "job"
    ]
    assert told == [(outcome, "request-1", trace[3:35]) for outcome in ("retried", "retried", "ok")]


def test_what_a_failed_run_wrote_is_not_kept(runtime: Runtime, database: Database) -> None:
    runs: list[int] = []

    def write() -> None:
        runs.append(1)
        runtime.database.session.execute(
            sa.text("INSERT INTO periodic_runs (name) VALUES (gen_random_uuid()::text)")
        )
        if len(runs) == 1:
            raise Away

    task = runtime.jobs.task("write", write)
    with working(runtime):
        defer(runtime, task)
        eventually(lambda: not statuses(database))
    with database.transaction() as unit:
        kept = unit.session.execute(sa.text("SELECT count(*) FROM periodic_runs")).scalar()
    assert (len(runs), kept) == (2, 1)


def test_a_job_of_an_unknown_task_waits_for_who_knows_it(
    kit: Kit, runtime: Runtime, database: Database, recorder: Recorder
) -> None:
    newer = kit.runtime(None, name="user", url=database.url)
    note = newer.jobs.task("note", recorder.note)
    with working(runtime):
        defer(newer, note, word="new")
        eventually(lambda: outcomes(runtime, "note").get("retried", 0) >= 2)
    with working(newer):
        eventually(lambda: not statuses(database), 10)
    assert recorder.words == ["new"]


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("failure", [Gone(), RuntimeError("ann@learner.example")])
def test_what_no_retry_can_change_is_given_up_kept_and_sent_again(
    runtime: Runtime, database: Database, recorder: Recorder, failure: Exception
) -> None:
    note = runtime.jobs.task("note", recorder.note)
    recorder.failures = [failure, failure]
    with capture_logs() as logs, working(runtime):
        defer(runtime, note, word="hopeless")
        eventually(lambda: statuses(database) == ["failed"])
        (dead,) = runtime.jobs.table.list_dead(after=0, limit=10)
        assert (dead.work, dead.attempts) == ("note", 2)
        assert dead.reason.split()[0] in ("NOT_FOUND", "RuntimeError")
        assert runtime.jobs.table.revive([dead.number + 1], everything=False) == []
        assert runtime.jobs.table.revive([dead.number], everything=False) == [dead.number]
        eventually(lambda: not statuses(database))
    assert recorder.words == ["hopeless"] * 3
    assert outcomes(runtime, "note") == {"retried": 1, "dead": 1, "ok": 1}
    assert "ann@" not in f"{dead} {logs}"


@pytest.mark.usefixtures("impatient")
def test_all_the_dead_are_sent_again_with_all_their_tries(
    runtime: Runtime, database: Database, recorder: Recorder
) -> None:
    note = runtime.jobs.task("note", recorder.note)
    recorder.failures = [Gone() for _ in range(7)]
    with working(runtime):
        for word in "abc":
            defer(runtime, note, word=word)
        eventually(lambda: statuses(database) == ["failed"] * 3)
        assert len(runtime.jobs.table.revive([], everything=True)) == 3
        eventually(lambda: not statuses(database))
        assert runtime.jobs.table.list_dead(after=0, limit=10) == []


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("args", ["{}", '{"values": {"nonsense": 1}, "user_id": "nobody"}'])
def test_a_job_that_is_no_job_of_ours_ends_among_the_dead(
    runtime: Runtime, database: Database, recorder: Recorder, args: str
) -> None:
    runtime.jobs.task("note", recorder.note)
    execute(
        database,
        "INSERT INTO procrastinate_jobs (queue_name, task_name, args)"
        f" VALUES ('normal', 'note', '{args}')",
    )
    with working(runtime):
        eventually(lambda: statuses(database) == ["failed"])
    assert recorder.words == []
