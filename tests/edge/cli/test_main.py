import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner

from edge.cli.main import main
from edge.local.state import lock, open_state
from tests.support import STELLR, Stack

HOLDS = """
import signal, sys
from pathlib import Path
from edge.local.state import lock, open_state
held = lock(open_state(Path(sys.argv[1])))
print("held", flush=True)
if sys.argv[2] == "deaf":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("deaf", flush=True)
signal.pause()
"""


@pytest.mark.parametrize("name", sorted(main.commands))
def test_every_command_has_help_with_an_example(name: str) -> None:
    done = CliRunner().invoke(main, [name, "--help"])
    assert done.exit_code == 0
    assert f"stellr {name}" in done.stdout.partition("Examples:")[2]


def test_the_version_is_told_with_what_it_runs_on() -> None:
    said = CliRunner().invoke(main, ["--version"]).stdout
    assert re.fullmatch(r"stellr \S+ \(Python 3\.\S+, PostgreSQL 18, Envoy \S+\)\n", said)


def test_a_file_of_settings_that_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(".env").write_bytes(b"STELLR_PORT=\xff")
    done = CliRunner().invoke(main, ["mails"])
    assert (done.exit_code, done.stderr.startswith("Error: The file .env cannot be read:")) == (
        1,
        True,
    )


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("STELLR_PORT=1\n\n# One\n\nopen sesame\nSTELLR_HOST=::\n", 5),
        ("open sesame", 1),
        ('STELLR_PORT=1\nSTELLR_TOKEN="open sesame\n', 2),
    ],
)
def test_a_line_of_settings_that_sets_nothing_is_told_by_its_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, line: int
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(".env").write_text(text)
    done = CliRunner().invoke(main, ["config"])
    assert (done.exit_code, done.output) == (1, f"Error: .env: line {line} is no NAME=value.\n")


@pytest.mark.parametrize(
    "arguments",
    [["migrate", "auth"], ["migrate", "auth", "--create"], ["backup", "file"], ["doctor"]],
    ids=" ".join,
)
def test_a_database_url_that_is_none_is_told_by_its_name_alone(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AUTH", "USER", "COURSE", "PROGRESS", "QUIZ", "CERTIFICATE", "NOTIFICATION"):
        monkeypatch.setenv(f"STELLR_DATABASE_URL_{name}", "postgress://auth:opensesame@h/db")
    monkeypatch.setenv("STELLR_DATABASE_ADMIN_URL", "postgresql://h/db")
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, [*arguments, "--state", "state"])
    assert done.exit_code == 1
    assert "STELLR_DATABASE_URL_AUTH: no PostgreSQL URL, such as" in done.output
    assert "opensesame" not in done.output


@pytest.mark.parametrize("host", ["::", "nowhere", "1.2.3"])
def test_a_host_that_is_no_address_is_refused(host: str) -> None:
    done = CliRunner().invoke(main, ["up", "--host", host])
    assert (done.exit_code, "is no IPv4 address" in done.stderr) == (2, True)


def test_a_state_whose_name_is_not_text_is_refused(tmp_path: Path) -> None:
    name = os.fsdecode(bytes(tmp_path) + b"/\xff")
    done = CliRunner().invoke(main, ["up", "--state", name])
    assert (done.exit_code, "its whole path must be UTF-8" in done.stderr) == (2, True)


@pytest.mark.parametrize("closed", [">&-", "2>&-"])
def test_a_command_whose_output_was_closed_ends_as_any_other(closed: str, tmp_path: Path) -> None:
    argv = ["sh", "-c", f'exec "$0" up {closed}', str(STELLR)]
    environ = {**os.environ, "STELLR_THREADS": "0"}
    done = subprocess.run(argv, env=environ, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr


def holder(state: Path, manner: str) -> "subprocess.Popen[str]":
    argv = [sys.executable, "-c", HOLDS, str(state), manner]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    for _ in range(2 if manner == "deaf" else 1):
        process.stdout.readline()
    return process


def test_stop_ends_who_holds_the_state_also_before_it_is_ready(tmp_path: Path) -> None:
    with holder(tmp_path / "state", "hears") as process:
        done = CliRunner().invoke(main, ["stop", "--state", str(tmp_path / "state")])
        assert (done.exit_code, done.stdout.endswith("has stopped.\n")) == (0, True)
        assert process.wait(10) == -signal.SIGTERM


def test_stop_tells_who_does_not_stop(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with holder(state, "deaf") as process:
        done = CliRunner().invoke(main, ["stop", "--state", str(state), "--timeout", "0"])
        process.kill()
    assert done.exit_code == 1
    assert done.stderr == f"Error: Stellr on {state} (pid {process.pid}) still runs after 0 s.\n"


def test_stop_without_a_stack(tmp_path: Path) -> None:
    os.close(lock(open_state(tmp_path)))
    done = CliRunner().invoke(main, ["stop", "--state", str(tmp_path)])
    assert (done.exit_code, done.stdout) == (0, f"Stellr is not running on {tmp_path}.\n")


def test_processes_have_the_names_of_their_parts(stack: Stack) -> None:
    part = stack.part("course-0")
    shown = " ".join(psutil.Process(part["pid"]).cmdline()).strip()
    assert shown == f"stellr: course-0 ({stack.state})"


def test_migrate_tells_where_databases_are(stack: Stack) -> None:
    done = stack.command("migrate", "--check", "auth", "gateway", "user")
    told = "auth is at its newest revision\nuser is at its newest revision\n"
    assert (done.returncode, done.stdout) == (0, told)


def test_migrate_says_in_a_sentence_what_is_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ["migrate", "auth", "--state", str(tmp_path)]
    done = CliRunner().invoke(main, arguments)
    assert "STELLR_DATABASE_URL_AUTH is not set, and: Stellr is not running" in done.stderr
    monkeypatch.setenv("STELLR_DATABASE_URL_AUTH", "postgresql://me:secret@127.0.0.1:1/x")
    done = CliRunner().invoke(main, arguments)
    assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith("Error: The database of auth:")
    assert "secret" not in done.stderr
