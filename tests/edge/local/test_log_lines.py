import json
import os
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge.cli.logs import logs
from edge.local.log_lines import follow, last, parts_of

AUTH = '{"time": "2026-01-02T10:00:00.500Z", "level": "info", "event": "rpc", "ms": 3}'
USER = '{"timestamp": "2026-01-02T10:00:00.250Z", "level": "error", "event": "broken \\u001b[2J"}'
SQL = "2026-01-02 10:00:01.000 UTC [7]  LOG:  ready"
TRACE = "Traceback (most recent call last):"


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "auth-0.log").write_text(f"{AUTH}\n")
    (folder / "user-0.log").write_text(f"{USER}\n{TRACE}\n")
    (folder / "postgres.log").write_text(f"{SQL}\n")
    return folder


def shown(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(logs, ["--state", str(folder.parent), *arguments])


def test_lines_of_all_parts_come_by_time(folder: Path) -> None:
    found = [(line.part, line.text) for line in last(parts_of(folder, []), 10)]
    assert found == [("user-0", USER), ("user-0", TRACE), ("auth-0", AUTH), ("postgres", SQL)]
    assert [line.part for line in last(parts_of(folder, []), 2)] == ["auth-0", "postgres"]
    assert last(parts_of(folder, []), 0) == []


def test_a_service_is_all_its_processes(folder: Path) -> None:
    (folder / "auth-1.log").write_text(f"{AUTH}\n")
    assert list(parts_of(folder, ["auth"])) == ["auth-0", "auth-1"]
    assert list(parts_of(folder, ["auth-1", "postgres"])) == ["auth-1", "postgres"]


def test_what_was_moved_aside_goes_before(folder: Path) -> None:
    (folder / "auth-0.log.1").write_text("older\nold\n")
    found = last(parts_of(folder, ["auth"]), 2)
    assert [line.text for line in found] == ["old", AUTH]


def test_long_logs_are_read_from_their_end(folder: Path) -> None:
    lines = [f"line {number} {'x' * 500}" for number in range(1000)]
    (folder / "auth-0.log").write_text("\n".join(lines) + "\n")
    found = last(parts_of(folder, ["auth"]), 300)
    assert [line.text for line in found] == lines[-300:]


def test_people_see_columns_that_steer_no_terminal(folder: Path) -> None:
    lines = shown(folder).stdout.splitlines()
    assert lines[0].endswith(".250 user-0          ERROR broken \N{REPLACEMENT CHARACTER}[2J")
    assert lines[2].endswith(".500 auth-0          rpc ms=3")


def test_programs_get_json(folder: Path) -> None:
    told = [json.loads(line) for line in shown(folder, "--json").stdout.splitlines()]
    assert told[1] == {"part": "user-0", "time": "2026-01-02T10:00:00.250000+00:00", "event": TRACE}
    assert (told[2]["part"], told[2]["ms"]) == ("auth-0", 3)


def test_a_part_without_a_log_is_told(folder: Path) -> None:
    done = shown(folder, "aut")
    assert done.exit_code == 1
    assert (
        f"There is no log of aut in {folder}. There are: auth-0, postgres, user-0." in done.stderr
    )
    assert "There are no logs in" in shown(folder / "none").stderr


def test_what_comes_is_told_also_from_new_files(folder: Path) -> None:
    steps: list[Callable[[], object]] = [
        lambda: (folder / "auth-0.log").open("a").write("half"),
        lambda: (folder / "auth-0.log").open("a").write(" and half\n"),
        lambda: (folder / "auth-0.log").rename(folder / "auth-0.log.1"),
        lambda: (folder / "auth-0.log").write_text("after it was moved\n"),
        lambda: (folder / "user-1.log").write_text("new\n"),
        lambda: os.truncate(folder / "user-1.log", 0),
        lambda: (folder / "user-1.log").open("a").write("after\n"),
    ]

    def step() -> None:
        steps.pop(0)()

    lines = follow(lambda: parts_of(folder, []), step)
    found = [(line.part, line.text) for line in islice(lines, 4)]
    assert found == [
        ("auth-0", "half and half"),
        ("auth-0", "after it was moved"),
        ("user-1", "new"),
        ("user-1", "after"),
    ]


def test_a_log_that_is_away_for_a_moment_is_waited_for(folder: Path) -> None:
    log, gone = folder / "auth-0.log", folder / "moved"
    steps: list[Callable[[], object]] = [
        lambda: log.rename(gone),
        lambda: log.write_text("again\n"),
    ]

    def step() -> None:
        steps.pop(0)()

    lines = follow(lambda: parts_of(folder, ["auth"]), step)
    assert [line.text for line in islice(lines, 1)] == ["again"]
    away = [{"auth-0": folder / "none.log"}, {"auth-0": log}]
    lines = follow(lambda: away.pop(0), lambda: log.write_text("again\n"))
    assert [line.text for line in islice(lines, 1)] == ["again"]
