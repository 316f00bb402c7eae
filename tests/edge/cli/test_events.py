from __future__ import annotations

import psycopg
from click.testing import CliRunner, Result

from edge.cli.events import events
from tests.support import Stack

KIND = "stellr.course.v1.OutlineChanged"
READER = "INSERT INTO event_readers (reader, kind, event_id, acknowledged_at) VALUES (%s, %s, 0, "


def run(stack: Stack, *arguments: str) -> Result:
    """`stellr events ...` on a stack."""
    own = {"STELLR_STATE": str(stack.state), "STELLR_PORT": str(stack.port)}
    return CliRunner().invoke(events, arguments, env=own)


def add_reader(stack: Stack, name: str, minutes_ago: int) -> None:
    statement = f"{READER} now() - make_interval(mins => %s))"
    with psycopg.connect(stack.run["databases"]["course"]) as connection:
        connection.execute(statement.encode(), [name, KIND, minutes_ago])


def test_a_reader_that_is_retired_is_forgotten(stack: Stack) -> None:
    add_reader(stack, "retired", 6)
    assert f"course: retired  {KIND}  " in run(stack).stdout
    assert "retired" not in run(stack, "--service", "auth").stdout
    done = run(stack, "forget-reader", "retired")
    told = f"course: retired counts no more as a reader of {KIND}.\n"
    assert (done.exit_code, done.stdout) == (0, told)
    assert "retired" not in run(stack).stdout
    again = run(stack, "forget-reader", "retired")
    assert (again.exit_code, again.stderr) == (1, "Error: retired is no reader of any events.\n")


def test_a_reader_that_lives_is_forgotten_only_by_force(stack: Stack) -> None:
    add_reader(stack, "living", 4)
    refused = run(stack, "forget-reader", "living")
    told = f"Error: living still reads {KIND}. Use --force to forget it there.\n"
    assert (refused.exit_code, refused.stderr) == (1, told)
    assert "living" in run(stack, "--service", "course").stdout
    assert run(stack, "forget-reader", "living", "--force").exit_code == 0
    assert "living" not in run(stack).stdout


def test_a_name_that_none_can_have_is_told(stack: Stack) -> None:
    done = run(stack, "forget-reader", "No Name")
    assert done.exit_code == 1
    assert done.stderr.startswith("Error: auth: ")
