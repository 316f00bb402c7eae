import json
from collections.abc import Callable
from uuid import uuid4

import psycopg
import pytest
from click.testing import CliRunner, Result

from edge.cli.dead_letters import IdType
from edge.cli.jobs import jobs
from tests.support import Stack, eventually

DEAD = """
WITH job AS (
    INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, attempts)
    VALUES ('normal', 'deliver_mail', %s, 'failed', 10) RETURNING id)
INSERT INTO dead_jobs (job_id, reason) SELECT id, 'NOT_FOUND GONE: gone' FROM job RETURNING job_id
"""


@pytest.fixture
def dead_job(stack: Stack) -> Callable[[], str]:
    """Makes a job of notification that was given up, and that will go well: its id."""

    def make() -> str:
        args = {"values": {"delivery_id": str(uuid4())}, "request_id": "request-17"}
        with psycopg.connect(stack.run["databases"]["notification"]) as connection:
            row = connection.execute(DEAD, [json.dumps(args)]).fetchone()
            assert row
            return f"notification/{row[0]}"

    return make


def run(stack: Stack, *arguments: str) -> Result:
    """`stellr jobs ...` on a stack."""
    own = {"STELLR_STATE": str(stack.state), "STELLR_PORT": str(stack.port)}
    return CliRunner().invoke(jobs, arguments, env=own)


def is_gone(stack: Stack, job: str) -> bool:
    with psycopg.connect(stack.run["databases"]["notification"]) as connection:
        number = job.removeprefix("notification/")
        found = connection.execute("SELECT 1 FROM procrastinate_jobs WHERE id = %s", [number])
        return found.fetchone() is None


def test_dead_jobs_are_listed_with_their_reason_and_sent_again(
    stack: Stack, dead_job: Callable[[], str]
) -> None:
    first, second = dead_job(), dead_job()
    listed = run(stack, "--service", "notification").stdout
    for job in (first, second):
        assert f"{job}  deliver_mail" in listed
    assert "10 attempts  request request-17\n    NOT_FOUND GONE: gone" in listed
    assert first not in run(stack, "--service", "course").stdout
    retried = run(stack, "retry", first)
    assert (retried.exit_code, retried.stdout) == (0, f"{first} is tried again.\n")
    eventually(lambda: is_gone(stack, first))
    assert second in run(stack).stdout
    rest = run(stack, "retry", "--all", "--service", "notification")
    assert f"{second} is tried again." in rest.stdout
    eventually(lambda: is_gone(stack, second))
    again = run(stack, "retry", first)
    told = f"Error: Not among the jobs that were given up: {first}.\n"
    assert (again.exit_code, again.stderr) == (1, told)


SET_ASIDE = """
INSERT INTO event_failures (kind, position, payload, request_id, attempts, reason)
VALUES ('stellr.progress.v1.CourseCompleted', %s, '', 'request-18', 8, 'ValueError at nowhere:1')
RETURNING failure_id
"""


def test_events_that_were_set_aside_are_listed_and_sent_again(stack: Stack) -> None:
    with psycopg.connect(stack.run["databases"]["user"]) as connection:
        row = connection.execute(SET_ASIDE, [str(uuid4())]).fetchone()
    assert row
    event = f"user/event-{row[0]}"
    listed = run(stack, "--service", "user").stdout
    assert f"{event}  stellr.progress.v1.CourseCompleted" in listed
    assert "8 attempts  request request-18\n    ValueError at nowhere:1" in listed
    assert run(stack, "retry", event).stdout == f"{event} is tried again.\n"
    with psycopg.connect(stack.run["databases"]["user"]) as connection:
        wanted = "DELETE FROM event_failures WHERE failure_id = %s AND retry_at IS NOT NULL"
        assert connection.execute(wanted, row).rowcount == 1
    again = run(stack, "retry", event)
    told = f"Error: Not among the jobs that were given up: {event}.\n"
    assert (again.exit_code, again.stderr) == (1, told)


def test_what_can_never_succeed_is_discarded(stack: Stack, dead_job: Callable[[], str]) -> None:
    first, second = dead_job(), dead_job()
    with psycopg.connect(stack.run["databases"]["user"]) as connection:
        row = connection.execute(SET_ASIDE, [str(uuid4())]).fetchone()
    assert row
    event = f"user/event-{row[0]}"
    done = run(stack, "discard", first, event)
    assert (done.exit_code, done.stdout) == (
        0,
        f"{first} is discarded.\n{event} is discarded.\n",
    )
    assert is_gone(stack, first)
    listed = run(stack).stdout
    assert second in listed
    assert first not in listed
    assert event not in listed
    for service, told in (("notification", first), ("user", event)):
        log = (stack.state / "logs" / f"{service}-0.log").read_text()
        number = told.split("/")[1]
        (line,) = [
            line
            for line in log.splitlines()
            if "dead letter discarded" in line and f'"{number}"' in line
        ]
        assert "request-1" in line
    again = run(stack, "discard", first, second, event)
    assert again.stdout == f"{second} is discarded.\n"
    told = f"Error: Not among the jobs that were given up: {first}, {event}.\n"
    assert (again.exit_code, again.stderr) == (1, told)
    assert run(stack, "discard").exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["retry"], "Say which jobs: their ids, or --all, of all services or of one."),
        (["retry", "--all", "notification/1"], "Say which jobs"),
        (["retry", "17"], "17 is no id of a job, such as notification/17."),
        (["retry", "nobody/17"], "nobody/17 is no id of a job"),
        (["retry", f"user/{10**20}"], "is no id of a job"),
        (["--service", "nobody"], "'nobody' is not one of"),
    ],
)
def test_what_is_asked_for_wrongly_is_told(stack: Stack, arguments: list[str], told: str) -> None:
    done = run(stack, *arguments)
    assert done.exit_code == 2
    assert told in done.stderr


@pytest.mark.parametrize(
    ("typed", "listed"),
    [("notification/017", "notification/17"), ("user/event-003", "user/event-3")],
)
def test_an_id_is_taken_as_it_is_listed(typed: str, listed: str) -> None:
    assert str(IdType().convert(typed, None, None)) == listed
