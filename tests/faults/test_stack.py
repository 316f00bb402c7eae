"""What a person, or bad luck, does to a running stack; the order of the story is in each test."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from edge.journey.browser import Browser
from edge.journey.steps import Steps
from edge.journey.walk import Journey
from tests import support
from tests.support import DEMO, PATIENCE, ROOT, STELLR, Learner, Stack, Visitor, eventually

HEALED_SECONDS = 40.0
GONE_SECONDS = 5.0


@pytest.fixture(name="home", scope="module")
def _home() -> Iterator[Path]:
    """A directory whose name is no simple one, for the states of this file."""
    home = Path(tempfile.mkdtemp(prefix="stellr faults é "))
    yield home
    shutil.rmtree(home)


@pytest.fixture(name="own", scope="module")
def _own(home: Path) -> Iterator[Stack]:
    """A stack that the tests of this file may hurt, with two processes of each service."""
    running = Stack(home / "state", support.free_port(), workers=2).start()
    yield running
    assert running.stop() == 0
    assert leftovers(running.state) == []


def leftovers(state: Path) -> list[psutil.Process]:
    """The processes that belong to a state, by their command line or working directory."""
    return [process for process in psutil.process_iter() if belongs(process, str(state))]


def belongs(process: psutil.Process, state: str) -> bool:
    """Whether a living process has the state in its command line or works inside of it."""
    try:
        alive = process.status() != psutil.STATUS_ZOMBIE
        named = state in " ".join(process.cmdline())
        return alive and (named or process.cwd().startswith(state))
    except psutil.Error:
        return False


def refused(*arguments: str) -> str:
    """What `stellr up` says on stderr where it must not start."""
    command = [str(STELLR), "up", *arguments]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    return done.stderr.removeprefix("Error: ").strip()


def lessons_of(stack: Stack) -> tuple[str, list[str]]:
    """The ids of the demo course and of its lessons."""
    answer = Visitor(stack).get(f"/courses/{DEMO}")
    assert answer.status_code == 200, answer.text
    course: dict[str, Any] = answer.json()
    found = [lesson["lessonId"] for part in course["sections"] for lesson in part["lessons"]]
    return course["courseId"], found


def unknown(person: Learner, lesson: str) -> list[dict[str, str]]:
    """What somebody hands in to a quiz who knows nothing."""
    answer = person.get(f"/quiz/{lesson}")
    assert answer.status_code == 200, answer.text
    questions = answer.json()["questions"]
    return [{"questionId": question["questionId"]} for question in questions]


def studious(stack: Stack) -> tuple[Learner, Callable[[], tuple[int, int]]]:
    """A learner with a lesson and a quiz acknowledged, and a look at how many are kept."""
    course, lessons = lessons_of(stack)
    somebody = support.register(stack)
    steps: tuple[tuple[str, Callable[[], dict[str, Any]]], ...] = (
        (f"/courses/{course}/enroll", dict),
        ("/progress/mark-complete", lambda: {"lessonId": lessons[1]}),
        (f"/quiz/{lessons[1]}/submit", lambda: {"answers": unknown(somebody, lessons[1])}),
    )
    for path, make in steps:
        answer = somebody.post(path, make())
        assert answer.status_code == 200, answer.text

    def kept() -> tuple[int, int]:
        progress = somebody.get(f"/progress/me/courses/{course}").json()
        results = somebody.get(f"/quiz/{lessons[1]}/results").json()["results"]
        return progress["completedLessons"], len(results)

    return somebody, kept


def works(stack: Stack) -> bool:
    """Whether somebody new may learn again."""
    try:
        studious(stack)
    except (AssertionError, httpx.HTTPError):
        return False
    return True


def backend_of(stack: Stack, database: str) -> int:
    """The pid of a PostgreSQL process that serves a connection to a database."""
    for child in psutil.Process(stack.part("postgres")["pid"]).children():
        # Some serve but a moment.
        with suppress(psutil.NoSuchProcess):
            if f" {database} " in " ".join(child.cmdline()):
                return child.pid
    raise AssertionError(f"nobody is connected to {database}")


def parts_to_kill(stack: Stack) -> list[int]:
    """A backend of progress's database (it leaves by itself once its client does), every process of
    progress, and the door."""
    progress = [part["pid"] for part in stack.run["parts"] if part["service"] == "progress"]
    return [backend_of(stack, "stellr_progress"), *progress, stack.part("envoy")["pid"]]


def test_two_workers_carry_the_whole_journey(own: Stack, tmp_path: Path) -> None:
    browser = Browser(own.url)
    target = tmp_path / "certificate.pdf"
    Journey(browser, own.state, DEMO, target, Steps(lambda *_: None)).walk()
    browser.close()
    assert target.read_bytes().startswith(b"%PDF-")


def test_what_is_killed_comes_back_and_nothing_acknowledged_is_lost(own: Stack) -> None:
    somebody, kept = studious(own)
    assert kept() == (1, 1)
    for pid in parts_to_kill(own):
        os.kill(pid, signal.SIGKILL)
    eventually(lambda: works(own), HEALED_SECONDS)
    eventually(lambda: own.command("status").returncode == 0, HEALED_SECONDS)
    assert kept() == (1, 1)
    login = {"email": somebody.email, "password": somebody.password}
    assert Visitor(own).post("/login", login).status_code == 200


def test_readiness_tells_that_the_database_is_away(own: Stack) -> None:
    assert own.process is not None
    visitor = Visitor(own)
    # The launcher would bring it back before anyone could look.
    os.kill(own.process.pid, signal.SIGSTOP)
    try:
        os.kill(own.part("postgres")["pid"], signal.SIGKILL)
        eventually(lambda: not_ready(visitor), 10)
        # Gateway alone has no database.
        eventually(lambda: serving(visitor) == {"gateway"}, 10)
    finally:
        os.kill(own.process.pid, signal.SIGCONT)
    eventually(lambda: visitor.get("/readyz").status_code == 200, HEALED_SECONDS)
    # Ready is sooner than found well by the door, which looks by itself.
    eventually(lambda: works(own), HEALED_SECONDS)


@contextmanager
def postgres_standing_still(stack: Stack) -> Iterator[None]:
    """Its server stands still meanwhile, and everything that serves a connection."""
    server = psutil.Process(stack.part("postgres")["pid"])
    # First, so that nobody is connected after who is connected has been looked up.
    with (
        support.standing_still([server.pid]),
        support.standing_still(child.pid for child in server.children()),
    ):
        yield


def test_a_database_that_stands_still_is_away(own: Stack) -> None:
    visitor = Visitor(own)
    with postgres_standing_still(own):
        began = time.monotonic()
        answer = visitor.http.get("/courses", headers={"prefer": "wait=1"})
        assert (answer.status_code, support.reason(answer)) == (504, "DEADLINE_EXCEEDED")
        assert time.monotonic() - began < 3 * PATIENCE
        eventually(lambda: not_ready(visitor), 15)
        eventually(lambda: serving(visitor) == {"gateway"}, 15)
        # Nobody waits for it any more, once the door has noticed too.
        eventually(lambda: told_to_come_back(visitor), 15)
    eventually(lambda: visitor.get("/readyz").status_code == 200, HEALED_SECONDS)
    eventually(lambda: works(own), HEALED_SECONDS)


def told_to_come_back(visitor: Visitor) -> bool:
    """Whether a read is answered 503 with Retry-After."""
    answer = visitor.http.get("/courses", headers={"prefer": "wait=1"})
    return (answer.status_code, answer.headers.get("retry-after")) == (503, "1")


def not_ready(visitor: Visitor) -> httpx.Response | None:
    """The answer of /readyz, where that is 503."""
    answer = visitor.get("/readyz")
    return answer if answer.status_code == 503 else None


def serving(visitor: Visitor) -> set[str]:
    """The services that serve."""
    services = visitor.get("/readyz").json()["services"]
    return {each["name"] for each in services if each["state"] == "SERVING"}


def test_a_state_has_one_stack(own: Stack) -> None:
    told = refused("--state", str(own.state), "--port", str(support.free_port()))
    assert told == f"Stellr is already running on {own.state} (pid {own.run['pid']})."


def test_a_port_in_use_is_named(own: Stack, home: Path) -> None:
    told = refused("--state", str(home / "other"), "--port", str(own.port))
    assert told.startswith(f"Port {own.port} cannot be used: address already in use.")
    assert "Choose another, as by STELLR_PORT=" in told
    port = support.free_port()
    with socket.create_server(("127.0.0.1", port + 1)):
        told = refused("--state", str(home / "other"), "--port", str(port))
    assert told.startswith(f"Port {port + 1} cannot be used: address already in use.")
    assert leftovers(home / "other") == []


def test_a_broken_database_directory_is_named(home: Path) -> None:
    state = home / "broken"
    (state / "pg").mkdir(parents=True)
    (state / "pg" / "PG_VERSION").write_text("18\n")
    told = refused("--state", str(state), "--port", str(support.free_port()))
    assert told.startswith(f"The database directory {state / 'pg'} is broken:")
    assert told.count("\n") == 0
    assert leftovers(state) == []


def test_starting_stopping_and_being_killed(home: Path) -> None:
    """From empty; killed; again; Ctrl-C for the whole group: the data are there throughout."""
    stack = Stack(home / "lives", support.free_port()).start()
    try:
        somebody, _ = studious(stack)
        stack.stop(signal.SIGKILL)
        eventually(lambda: not leftovers(stack.state), GONE_SECONDS)
        stack.start()
        login = {"email": somebody.email, "password": somebody.password}
        assert Visitor(stack).post("/login", login).status_code == 200
        assert stack.process is not None
        # As a terminal does, and make passes it on a second time.
        os.killpg(stack.process.pid, signal.SIGINT)
        os.kill(stack.process.pid, signal.SIGINT)
        assert stack.process.wait(timeout=30) == 0
        assert leftovers(stack.state) == []
    finally:
        stack.stop()


BEGINS = """
import sys, time
from pathlib import Path
from tests.support import Stack
Stack(Path(sys.argv[1]), int(sys.argv[2])).start()
time.sleep(60)
"""


@pytest.mark.parametrize("when", ["lock", "run.json"])
def test_a_stack_ends_with_the_program_that_holds_its_input(home: Path, when: str) -> None:
    """The program is killed while the stack starts, or once it runs."""
    state = home / f"held until {when}"
    begun = [sys.executable, "-c", BEGINS, str(state), str(support.free_port())]
    with subprocess.Popen(begun, cwd=ROOT) as program:
        eventually((state / when).exists, support.START_SECONDS)
        program.kill()
    eventually(lambda: leftovers(state) == [], HEALED_SECONDS)
    assert not (state / "run.json").exists()
