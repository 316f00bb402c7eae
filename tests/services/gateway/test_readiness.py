import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import grpc
import pytest
from grpc_health.v1 import health_pb2

from services.gateway import readiness
from services.gateway.processes import Process, Processes, addresses, ask
from services.gateway.readiness import Found, Readiness, State, by_service
from services.gateway.readiness import health as ask_health
from services.gateway.views import readiness_message
from services.kit.rpc.health import Health

Serve = Callable[..., tuple[str, Health]]
SERVING, DEGRADED, DOWN, AWAY = State


class Slow(Health):
    """Health that does not answer before the end of the test."""

    end = threading.Event()

    def list(self) -> health_pb2.HealthListResponse:
        self.end.wait(60)
        return super().list()


@pytest.fixture
def serve() -> Iterator[Serve]:
    Slow.end.clear()
    servers = []

    def start(serving: bool = True, kind: type[Health] = Health) -> tuple[str, Health]:
        server, answers = grpc.server(ThreadPoolExecutor(2)), kind(["stellr.a"], ["jobs"])
        answers.set(serving)
        answers.add_to(server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        servers.append(server)
        return f"127.0.0.1:{port}", answers

    yield start
    Slow.end.set()
    for server in servers:
        server.stop(None).wait(5)


def states(found: list[Found]) -> list[tuple[str, State]]:
    return [(each.service, each.state) for each in found]


def test_states_as_they_are_found(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "ANSWER_SECONDS", 10.0)
    up, _ = serve()
    down, _ = serve(False)
    half, health = serve()
    health.set_background("jobs", False)
    asked = [
        Process("a", up),
        Process("b", down),
        Process("c", "127.0.0.1:1"),
        Process("d", half),
    ]
    assert states(ask_health(asked)) == [("a", SERVING), ("b", DOWN), ("c", AWAY), ("d", DEGRADED)]


def test_all_are_asked_at_once_and_none_is_waited_for_long(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "ANSWER_SECONDS", 1.5)
    asked = [Process(name, serve(True, Slow)[0]) for name in "abcdefghij"]
    began = time.monotonic()
    *slow, quick = ask_health([*asked, Process("k", serve()[0])])
    # One after the other they would take 15 s.
    assert time.monotonic() - began < 5
    assert [each.state for each in (*slow, quick)] == [AWAY] * 10 + [SERVING]
    # Each has its own time, though all were waited for.
    assert all(each.seconds > 1.4 for each in slow)
    assert all(quick.seconds < each.seconds for each in slow)


@pytest.mark.parametrize(
    ("processes", "together"),
    [
        ([AWAY, SERVING, DOWN], SERVING),
        ([SERVING, DEGRADED], DEGRADED),
        ([DEGRADED, AWAY], DEGRADED),
        ([AWAY, DOWN], DOWN),
        ([AWAY], AWAY),
    ],
)
def test_a_service_is_as_good_as_the_best_of_its_processes(
    processes: list[State], together: State
) -> None:
    assert by_service(Found("z", state, 0.1) for state in processes)["z"].state == together


def test_services_are_told_by_name_with_the_time_of_the_slowest_that_answers() -> None:
    found = by_service([Found("z", SERVING, 0.1), Found("z", SERVING, 0.3), Found("a", AWAY, 1.0)])
    assert list(found.items()) == [("a", Found("a", AWAY, 1.0)), ("z", Found("z", SERVING, 0.3))]


@pytest.mark.parametrize("state", State)
def test_ready_is_what_answers_calls(state: State) -> None:
    message = readiness_message({"a": Found("a", SERVING, 0), "b": Found("b", state, 0.0125)})
    assert message.ready is (state in {SERVING, DEGRADED})
    assert message.services[1].state == state
    assert message.services[1].latency.ToMicroseconds() == 12_500


def test_includes_itself_and_asks_again_only_after_a_while(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "ANSWER_SECONDS", 10.0)
    monkeypatch.setattr(readiness, "CACHED_SECONDS", 60.0)
    address, health = serve()
    others = [Process("quiz", address)]
    asked = Readiness(lambda: others, lambda: Found("gateway", SERVING, 0.0))
    assert [*asked.services()] == ["gateway", "quiz"]
    health.set(False)
    assert asked.services()["quiz"].state == SERVING
    # As after a minute.
    asked._good_until -= 60
    assert asked.services()["quiz"].state == DOWN


def test_a_name_may_stand_for_several_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    hosts = ["10.1.0.2", "10.1.0.1"]

    def look_up(host: str, port: str, **_: object) -> list[tuple[object, ...]]:
        if host != "course":
            raise OSError
        return [(2, 1, 6, "", (each, int(port))) for each in hosts]

    monkeypatch.setattr("socket.getaddrinfo", look_up)
    monkeypatch.setattr("services.gateway.processes.LOOK_UP_SECONDS", 0.0)
    assert addresses("nobody:50051") == ["nobody:50051"]
    processes = Processes({"course": ["course:50051"]})
    first = {each.address: each for each in processes()}
    assert [*first] == ["10.1.0.1:50051", "10.1.0.2:50051"]
    hosts[:] = ["10.1.0.2", "10.1.0.3"]
    then = {each.address: each for each in processes()}
    assert [*then] == ["10.1.0.2:50051", "10.1.0.3:50051"]
    assert then["10.1.0.2:50051"] is first["10.1.0.2:50051"]


def test_the_time_counts_from_before_the_question_is_sent() -> None:
    answered: Future[str] = Future()
    answered.set_result("yes")

    def slowly_sent(_: Process) -> Future[str]:
        time.sleep(0.05)
        return answered

    (answer,) = ask([Process("a", "127.0.0.1:1")], slowly_sent)
    assert answer.reply == "yes"
    assert answer.seconds >= 0.05
