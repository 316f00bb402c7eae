import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from edge.cli.status import look
from edge.local.running import RunningPart
from tests.support import Stack, eventually

SERVING, NOT_SERVING = 1, 2


class Answers(health_pb2_grpc.HealthServicer):
    """Says of a process what it is told."""

    def __init__(self) -> None:
        self.states: dict[str, Any] = {"": SERVING}

    def List(self, request: Any, context: Any) -> Any:
        made = {
            name: health_pb2.HealthCheckResponse(status=state)
            for name, state in self.states.items()
        }
        return health_pb2.HealthListResponse(statuses=made)


@pytest.fixture(name="process")
def _process() -> Iterator[tuple[Answers, RunningPart]]:
    answers = Answers()
    server = grpc.server(ThreadPoolExecutor(1))
    health_pb2_grpc.add_HealthServicer_to_server(answers, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield answers, RunningPart("course-0", "course", 7, f"127.0.0.1:{port}")
    server.stop(None).wait()


@pytest.mark.parametrize(
    ("states", "state", "still"),
    [
        ({"": SERVING, "mails": SERVING}, "serving", ()),
        ({"": SERVING, "mails": NOT_SERVING, "jobs": NOT_SERVING}, "degraded", ("jobs", "mails")),
        ({"": NOT_SERVING, "mails": NOT_SERVING}, "not serving", ()),
    ],
)
def test_what_stands_still_is_no_good_state(
    process: tuple[Answers, RunningPart], states: dict[str, int], state: str, still: tuple[str, ...]
) -> None:
    answers, part = process
    answers.states = states
    found = look(part)
    assert (found.state, found.standing_still) == (state, still)


def test_who_does_not_answer_is_told(process: tuple[Answers, RunningPart]) -> None:
    gone = RunningPart("user-0", "user", 0, "127.0.0.1:1")
    assert look(gone).state == "unreachable"


@pytest.mark.parametrize("service", ["postgres", "envoy", "openid", "course"])
def test_who_takes_connections_and_says_nothing_does_not_serve(
    tmp_path: Path, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.cli.status.HEALTH_SECONDS", 0.2)
    monkeypatch.setattr("edge.local.ports.ANSWER_SECONDS", 0.2)
    by_file = service == "postgres"
    with socket.socket(socket.AF_UNIX if by_file else socket.AF_INET) as silent:
        silent.bind(str(tmp_path / ".s.PGSQL.5432") if by_file else ("127.0.0.1", 0))
        silent.listen()
        address = str(tmp_path) if by_file else f"127.0.0.1:{silent.getsockname()[1]}"
        assert look(RunningPart(service, service, 7, address)).state == "unreachable"


def all_well(stack: Stack, *options: str) -> CompletedProcess[str] | None:
    """What `stellr status` says once all is well, else None."""
    done = stack.command("status", *options)
    return None if done.returncode else done


def test_all_is_told_to_programs(stack: Stack) -> None:
    # On a busy machine somebody may not answer within a second.
    done = eventually(lambda: all_well(stack, "--json"), 20)
    told = json.loads(done.stdout)
    assert (told["well"], told["url"]) == (True, stack.url)
    states = {part["name"]: part["state"] for part in told["parts"]}
    assert {"postgres", "envoy", "auth-0", "gateway-0"} <= set(states)
    assert set(states.values()) == {"serving"}


def test_people_are_told_in_lines(stack: Stack) -> None:
    done = eventually(lambda: all_well(stack), 20)
    address = stack.part("course-0")["address"]
    assert any(
        line.split()[:3] == ["course-0", "serving", address] for line in done.stdout.split("\n")
    )
