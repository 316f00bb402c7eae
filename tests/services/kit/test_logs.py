"""What is written to standard error, by processes of their own: logs are set for a process."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from services.kit.logs import tell_error
from tests.support import ROOT

LINES = """
import logging, threading
import structlog
from services.kit import call as calls
from services.kit.logs import configure_logs

configure_logs("course", "INFO", FORM)
log = structlog.get_logger("stellr.test")
trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
token = calls.enter(calls.Call("test", "request-1", traceparent=trace))
log.info("said", what="é")
log.debug("not said")
# Newer Pythons show the lines of a program that is given by -c, where it must not stand.
canary = "CAN" + "ARY"
try:
    try:
        raise KeyError(canary)
    except KeyError as error:
        raise ValueError(canary) from error
except ValueError:
    log.error("unexpected", exc_info=True)
calls.leave(token)
logging.getLogger("peer.http").warning("GET %s failed", "https://a.example/?token=" + canary)
logging.getLogger("peer.http").info("not said")
logging.getLogger("peer.rpc").error(f"calling failed: {canary}")
logging.getLogger("opentelemetry.sdk").warning("%s is away", "the collector")
def fail():
    raise RuntimeError(canary)
thread = threading.Thread(target=fail)
thread.start()
thread.join()
"""


def written(form: str) -> str:
    """What a process writes that logs in this form."""
    script = LINES.replace("FORM", repr(form))
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, timeout=60, check=True
    )
    return done.stderr.decode()


def on_a_terminal(form: str) -> str:
    """The same where standard error is a terminal."""
    script = LINES.replace("FORM", repr(form))
    mine, its = pty.openpty()
    with subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stderr=its) as process:
        os.close(its)
        said = b""
        try:
            while part := os.read(mine, 65_536):
                said += part
        except OSError:  # the other side was closed
            pass
        os.close(mine)
        assert process.wait(60) == 0
    return said.decode()


@pytest.fixture(scope="module")
def lines() -> list[dict[str, Any]]:
    """The lines as programs read them."""
    return [json.loads(line) for line in written("auto").splitlines()]


def test_each_line_is_a_json_object_with_its_service(lines: list[dict[str, Any]]) -> None:
    told = [(line["event"], line["level"], line["service"]) for line in lines]
    assert told == [
        ("said", "info", "course"),
        ("unexpected", "error", "course"),
        ("library", "warning", "course"),
        ("library", "error", "course"),
        ("library", "warning", "course"),
        ("uncaught", "error", "course"),
    ]
    assert list(lines[0])[:4] == ["time", "level", "service", "event"]
    assert lines[0]["what"] == "é"


def test_a_line_says_in_which_request_and_trace_it_was(lines: list[dict[str, Any]]) -> None:
    assert lines[0]["request_id"] == "request-1"
    assert lines[0]["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert "request_id" not in lines[2]


def test_errors_are_told_by_kind_and_place_without_their_texts(lines: list[dict[str, Any]]) -> None:
    assert "CANARY" not in written("json")
    kinds = [line for line in lines[1]["exception"].splitlines() if not line.startswith(" ")]
    assert kinds == ["KeyError", "ValueError"]
    assert "in fail" in lines[5]["exception"]
    assert (lines[2]["logger"], lines[2]["text"]) == ("peer.http", "GET %s failed")
    number = next(at for at, line in enumerate(LINES.splitlines(), 1) if "peer.rpc" in line)
    assert lines[3]["at"] == f"<string>:{number}"
    assert "text" not in lines[3]
    assert lines[4]["text"] == "the collector is away"


def test_people_get_columns_and_colours_only_on_a_terminal() -> None:
    escape = "\x1b["
    told = on_a_terminal("auto")
    assert escape in told
    assert "said" in told
    assert "CANARY" not in told
    assert escape not in (plain := written("console"))
    assert "request_id=request-1" in plain
    first = json.loads(on_a_terminal("json").splitlines()[0])
    assert first["event"] == "said"


LOGGING = """
import os, structlog
from services.kit.logs import configure_logs
configure_logs("course", "INFO")
for number in range(100):
    structlog.get_logger().info("line", number=number, text="x" * 1000)
os.write(1, b"alive")
os._exit(0)
"""


def test_a_full_disk_below_the_log_stops_no_work() -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-c", LOGGING]
        done = subprocess.run(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=full, timeout=30, check=False
        )
    assert (done.returncode, done.stdout) == (0, b"alive")


def test_an_error_that_is_its_own_cause_is_told_once() -> None:
    """As `raise error from error` makes it."""
    error, other = KeyError(), ValueError()
    error.__cause__, other.__context__, error.__context__ = other, error, other
    for one in (error, other):
        assert tell_error(None, "", {"exc_info": one})["exception"].count("KeyError") == 1
    error.__cause__ = error
    assert tell_error(None, "", {"exc_info": error}) == {"exception": "KeyError"}
