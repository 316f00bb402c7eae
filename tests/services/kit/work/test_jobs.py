from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from structlog.testing import capture_logs

from services.kit import call as calls
from services.kit.data.database import Database
from services.kit.process.runtime import Runtime
from tests.services.kit.harness import working
from tests.services.kit.work.recorder import Recorder, defer, outcomes, statuses
from tests.support import eventually


def test_a_job_runs_after_the_commit_and_is_forgotten(
    runtime: Runtime, database: Database, recorder: Recorder
) -> None:
    note = runtime.jobs.task("note", recorder.note)
    with working(runtime):
        defer(runtime, note, word="kept")
        with runtime.database.transaction() as unit:
            note.defer(word="rolled back")
            unit.close()
        defer(runtime, note, word="last")
        eventually(lambda: not statuses(database))
    assert sorted(recorder.words) == ["kept", "last"]
    assert outcomes(runtime, "note") == {"ok": 2}


def test_a_job_needs_a_transaction_to_be_part_of(runtime: Runtime, recorder: Recorder) -> None:
    note = runtime.jobs.task("note", recorder.note)
    with pytest.raises(RuntimeError, match="no transaction"):
        note.defer(word="lost")
    runtime.close()


def test_a_job_may_wait_for_its_time(runtime: Runtime, recorder: Recorder) -> None:
    note = runtime.jobs.task("note", recorder.note)
    with working(runtime):
        now = datetime.now(UTC)
        defer(runtime, note, word="tomorrow", at=now + timedelta(days=1))
        defer(runtime, note, word="soon", at=now + timedelta(seconds=1))
        defer(runtime, note, word="now")
        eventually(lambda: recorder.words == ["now", "soon"])
        assert datetime.now(UTC) - now >= timedelta(seconds=1)
    with pytest.raises(ValueError, match="time zone"):
        note.defer(word="when?", at=datetime(2030, 1, 1))


def test_a_name_has_one_task(runtime: Runtime, recorder: Recorder) -> None:
    runtime.jobs.task("note", recorder.note)
    with pytest.raises(ValueError, match="two tasks of the name note"):
        runtime.jobs.task("note", recorder.note)
    runtime.close()


def test_jobs_wait_while_nobody_works(
    runtime: Runtime, database: Database, recorder: Recorder
) -> None:
    note = runtime.jobs.task("note", recorder.note)
    for number in range(50):
        defer(runtime, note, word=str(number))
    with working(runtime):
        eventually(lambda: not statuses(database), 10)
    assert sorted(map(int, recorder.words)) == list(range(50))


def test_a_job_runs_in_the_name_of_the_request_that_asked_for_it(
    runtime: Runtime, recorder: Recorder
) -> None:
    note = runtime.jobs.task("note", recorder.note)
    caller = calls.Caller(uuid4(), uuid4(), frozenset({"admin"}), "gateway", token="secret")
    token = calls.enter(calls.Call("/x/Y", request_id="request-17", caller=caller))
    with capture_logs() as logs, working(runtime):
        defer(runtime, note, word="asked")
        calls.leave(token)
        eventually(lambda: outcomes(runtime, "note") == {"ok": 1})
        eventually(lambda: [line for line in logs if line["event"] == "job"])
    call = recorder.calls[0]
    assert call
    assert (call.method, call.request_id) == ("job:note", "request-17")
    assert call.caller == calls.Caller(user_id=caller.user_id, service="gateway")
    (line,) = [line for line in logs if line["event"] == "job"]
    assert (line["request_id"], line["peer"]) == ("request-17", "gateway")
    assert UUID(line["user_id"]) == caller.user_id
