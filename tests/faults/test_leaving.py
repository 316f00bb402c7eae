"""Processes that stop answering, that are told to stop, and that are killed, while people work."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

import grpc
import httpx
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.kit.errors import Unauthenticated
from services.kit.rpc.clients import from_peer
from stellr.course.v1 import course_service_pb2 as course_pb
from stellr.course.v1 import course_service_pb2_grpc as course_grpc
from stellr.errors.v1.reason_pb2 import Reason
from tests import support
from tests.support import DEMO, PATIENCE, Learner, Stack, Visitor, eventually

HEALED_SECONDS = 40.0
WRITERS = 6
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


@pytest.fixture(name="own", scope="module")
def _own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack that the tests of this file may hurt, with two processes of each service."""
    state = tmp_path_factory.mktemp("leaving") / "state"
    running = Stack(state, support.free_port(), workers=2).start()
    yield running
    assert running.stop() == 0


@contextmanager
def frozen(stack: Stack, service: str) -> Iterator[None]:
    """All processes of a service stand still, and answer nobody."""
    pids = [part["pid"] for part in stack.run["parts"] if part["service"] == service]
    try:
        with support.standing_still(pids):
            yield
    finally:
        eventually(lambda: Visitor(stack).get("/courses").status_code == 200, HEALED_SECONDS)


@pytest.mark.parametrize("header", [("prefer", "wait=1"), ("grpc-timeout", "1S")])
def test_a_caller_hears_in_its_own_time_of_a_service_that_stands_still(
    own: Stack, header: tuple[str, str]
) -> None:
    with frozen(own, "course"):
        began = time.monotonic()
        answer = httpx.get(f"{own.url}/courses", headers=[header], timeout=20)
        took = time.monotonic() - began
    assert (answer.status_code, support.reason(answer)) == (504, "DEADLINE_EXCEEDED")
    assert 0.9 < took < 3 * PATIENCE


def test_a_grpc_caller_hears_it_too_and_who_stands_still_is_left_alone_soon(own: Stack) -> None:
    # In one: the door comes back to a service the later, the more often it left it alone.
    with frozen(own, "course"):
        began = time.monotonic()
        assert code_of_a_grpc_call(own) is grpc.StatusCode.DEADLINE_EXCEEDED
        assert 0.9 < time.monotonic() - began < 3 * PATIENCE
        eventually(lambda: refused_at_once(own), 20)


def code_of_a_grpc_call(stack: Stack) -> grpc.StatusCode:
    """How a call ends that gives itself a second, in its header alone."""
    path = "/stellr.course.v1.CourseService/ListCourses"
    with grpc.insecure_channel(f"127.0.0.1:{stack.port}") as channel:
        # No deadline of the client: it would be a second header, and the door heeds that one.
        call = channel.unary_unary(path)
        with pytest.raises(grpc.RpcError) as refusal:
            call(b"", metadata=(("grpc-timeout", "1S"),))
    code: grpc.StatusCode = refusal.value.code()
    return code


def refused_at_once(stack: Stack) -> bool:
    """Whether a caller hears within half a second that the service is away."""
    try:
        return httpx.get(f"{stack.url}/courses", timeout=0.5).status_code == 503
    except httpx.TimeoutException:
        return False


@dataclass
class Load:
    """Learners who mark a lesson as complete, each as fast as it is answered."""

    write: Callable[[], int]
    answers: list[tuple[float, int]] = field(default_factory=list)
    _done: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def running(self) -> Iterator[Load]:
        """Write from some threads until the end of the block."""
        threads = [threading.Thread(target=self._work) for _ in range(WRITERS)]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self._done.set()
            for thread in threads:
                thread.join()

    def _work(self) -> None:
        while not self._done.is_set():
            status = self.write()
            self.answers.append((time.monotonic(), status))

    def await_answers(self, number: int) -> None:
        """Wait until that many more were answered."""
        wanted = len(self.answers) + number
        eventually(lambda: len(self.answers) >= wanted, HEALED_SECONDS)

    def failures(self) -> list[tuple[float, int]]:
        """When what failed was answered, and by which status."""
        return [answer for answer in self.answers if answer[1] != 200]


@pytest.fixture(name="load")
def _load(own: Stack) -> Load:
    person: Learner = support.register(own)
    course = person.get(f"/courses/{DEMO}").json()
    assert person.post(f"/courses/{DEMO}/enroll").status_code == 200
    lesson = course["sections"][0]["lessons"][0]["lessonId"]
    clients = threading.local()

    def write() -> int:
        if not hasattr(clients, "visitor"):
            clients.visitor = Visitor(own, person.token)
        answer: httpx.Response = clients.visitor.post(
            "/progress/mark-complete", {"lessonId": lesson}
        )
        return answer.status_code

    return Load(write)


def runs_again(stack: Stack, name: str, pid: int) -> bool:
    """Whether a part runs as another process."""
    return stack.part(name)["pid"] not in (0, pid)


def gone_and_back(stack: Stack, name: str, pid: int) -> bool:
    """Whether a part runs again, as another process, and serves."""
    return runs_again(stack, name, pid) and stack.command("status").returncode == 0


def test_no_write_fails_while_a_service_is_restarted(own: Stack, load: Load) -> None:
    names = ("progress-0", "progress-1")
    before = [own.part(name)["pid"] for name in names]
    with load.running():
        load.await_answers(50)
        done = own.command("restart", "progress")
        assert done.returncode == 0, done.stderr
        load.await_answers(50)
    assert load.failures() == []
    assert not {own.part(name)["pid"] for name in names} & {0, *before}
    assert [line.split()[0] for line in done.stdout.splitlines()] == [*names, "All"]


def test_only_what_it_had_begun_fails_when_a_process_is_killed(own: Stack, load: Load) -> None:
    with load.running():
        load.await_answers(50)
        pid = own.part("progress-0")["pid"]
        os.kill(pid, signal.SIGKILL)
        killed = time.monotonic()
        eventually(lambda: gone_and_back(own, "progress-0", pid), HEALED_SECONDS)
        load.await_answers(50)
    # Nobody knows how far it came with what it was sent, until its connections are closed.
    assert [when - killed for when, _ in load.failures() if when - killed > 1] == []
    assert {status for _, status in load.failures()} <= {503}


def test_who_is_told_to_stop_says_so_and_goes_on_meanwhile(own: Stack) -> None:
    part = own.part("course-0")
    with grpc.insecure_channel(part["address"]) as channel:
        health = health_pb2_grpc.HealthStub(channel)
        courses = course_grpc.CourseServiceStub(channel)
        os.kill(part["pid"], signal.SIGTERM)
        eventually(lambda: health.Check(health_pb2.HealthCheckRequest()).status == NOT_SERVING)
        assert courses.ListCourses(course_pb.ListCoursesRequest(), timeout=5).courses
    eventually(lambda: gone_and_back(own, "course-0", part["pid"]), HEALED_SECONDS)


# The first process of a service, and what asks it for a session.
SIGNED_IN_CALLS = {
    "auth-0": "/stellr.auth.v1.AuthService/Logout",
    "user-0": "/stellr.user.v1.UserService/GetProfile",
}


def ask(stack: Stack, name: str, person: Learner) -> None:
    """Call one process as a person, once it answers; DomainError where it refuses."""
    token = (("authorization", f"Bearer {person.token}"),)
    with grpc.insecure_channel(stack.part(name)["address"]) as channel:
        call = channel.unary_unary(SIGNED_IN_CALLS[name])
        try:
            call(b"", metadata=token, wait_for_ready=True, timeout=HEALED_SECONDS)
        except grpc.RpcError as error:
            raise from_peer(name, error) from error


def sign_out(person: Learner) -> None:
    """Sign out, again where nobody knows whether it was done."""
    eventually(lambda: person.post("/logout").status_code in {200, 401}, HEALED_SECONDS)


def test_whose_session_ended_while_a_process_was_away_is_refused_by_its_first_answer(
    own: Stack,
) -> None:
    stays, *leaving = [support.register(own) for _ in range(9)]
    pids = {name: own.part(name)["pid"] for name in SIGNED_IN_CALLS}
    with ThreadPoolExecutor(len(leaving)) as pool:
        ended = [pool.submit(sign_out, person) for person in leaving]
        for pid in pids.values():
            os.kill(pid, signal.SIGKILL)
        for each in ended:
            each.result()
    for name, pid in pids.items():
        eventually(partial(runs_again, own, name, pid), HEALED_SECONDS)
        for person in leaving:
            with pytest.raises(Unauthenticated) as refused:
                ask(own, name, person)
            assert refused.value.reason == Reason.REASON_SESSION_ENDED
    ask(own, "user-0", stays)
