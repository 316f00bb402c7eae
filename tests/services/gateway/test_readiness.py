import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from services.gateway.processes import Process
from services.gateway.readiness import Readiness, State, by_service
from services.gateway.readiness import health as ask_health

UP = health_pb2.HealthCheckResponse.SERVING
DOWN = health_pb2.HealthCheckResponse.NOT_SERVING
Serve = Callable[..., tuple[str, health.HealthServicer]]


class Slow(health.HealthServicer):  # type: ignore[misc]
    def Check(self, request: object, context: object) -> health_pb2.HealthCheckResponse:
        time.sleep(1.5)
        return health_pb2.HealthCheckResponse(status=UP)


@pytest.fixture
def serve() -> Iterator[Serve]:
    servers = []

    def start(state: int, servicer: type = health.HealthServicer) -> tuple[str, object]:
        server, answers = grpc.server(ThreadPoolExecutor(2)), servicer()
        answers.set("", state)
        health_pb2_grpc.add_HealthServicer_to_server(answers, server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        servers.append(server)
        return f"127.0.0.1:{port}", answers

    yield start
    for server in servers:
        server.stop(None).wait(5)


def test_states_as_they_are_found(serve: Serve) -> None:
    up, _ = serve(UP)
    down, _ = serve(DOWN)
    asked = [Process("a", up), Process("b", down), Process("c", "127.0.0.1:1")]
    assert ask_health(asked) == [("a", "SERVING"), ("b", "NOT_SERVING"), ("c", "UNREACHABLE")]


def test_all_are_asked_at_once_and_none_is_waited_for_long(serve: Serve) -> None:
    asked = [Process(name, serve(UP, Slow)[0]) for name in "abc"]
    began = time.monotonic()
    assert {state for _, state in ask_health(asked)} == {"UNREACHABLE"}
    assert time.monotonic() - began < 1.4


def test_a_service_serves_while_one_of_its_processes_does() -> None:
    found = by_service(
        [
            ("z", State.UNREACHABLE),
            ("z", State.SERVING),
            ("z", State.NOT_SERVING),
            ("m", State.UNREACHABLE),
            ("m", State.NOT_SERVING),
            ("a", State.UNREACHABLE),
        ]
    )
    assert list(found.items()) == [("a", "UNREACHABLE"), ("m", "NOT_SERVING"), ("z", "SERVING")]


def test_includes_itself_and_asks_again_only_after_a_while(serve: Serve) -> None:
    address, servicer = serve(UP)
    readiness = Readiness([Process("quiz", address)], lambda: ("gateway", State.SERVING))
    assert readiness.states() == {"gateway": "SERVING", "quiz": "SERVING"}
    servicer.set("", DOWN)
    assert readiness.states()["quiz"] == "SERVING"
    time.sleep(0.55)
    assert readiness.states()["quiz"] == "NOT_SERVING"
