"""Whose address a request counts for, told by Envoy to a service of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from edge.envoy.settings import DoorSettings
from edge.local.ports import HOST, reserve
from edge.registry import SERVICES
from stellr.course.v1.course_pb2 import Course
from stellr.course.v1.course_service_pb2 import GetCourseRequest
from stellr.course.v1.course_service_pb2_grpc import (
    CourseServiceServicer,
    CourseServiceStub,
    add_CourseServiceServicer_to_server,
)
from tests.edge.envoy.running import running_door
from tests.support import eventually

ADDRESS = "x-envoy-external-address"
LEARNER, STRANGER, PROXY = "203.0.113.9", "198.51.100.1", "10.0.0.1"


class Told(CourseServiceServicer):
    """Answers with the address that it was told."""

    def GetCourse(self, request: GetCourseRequest, context: Any) -> Course:
        told = [value for key, value in context.invocation_metadata() if key == ADDRESS]
        return Course(title=" and ".join(told))


class Healthy(health_pb2_grpc.HealthServicer):
    def Check(self, request: Any, context: Any) -> health_pb2.HealthCheckResponse:
        return health_pb2.HealthCheckResponse(status=health_pb2.HealthCheckResponse.SERVING)


@pytest.fixture(name="upstream", scope="module")
def _upstream() -> Iterator[str]:
    server = grpc.server(ThreadPoolExecutor(2), options=[("grpc.so_reuseport", 1)])
    add_CourseServiceServicer_to_server(Told(), server)
    health_pb2_grpc.add_HealthServicer_to_server(Healthy(), server)
    with reserve() as reserved:
        server.add_insecure_port(reserved.address)
        server.start()
        yield reserved.address
        server.stop(0).wait()


@pytest.fixture(name="doors", scope="module")
def _doors(
    upstream: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[int, CourseServiceStub]]:
    """A door behind no proxy, behind one, and behind two."""
    with ExitStack() as running:
        made = {}
        for hops in range(3):
            folder: Path = tmp_path_factory.mktemp("door")
            targets = {name: [upstream] for name in SERVICES}
            door = DoorSettings(trusted_hops=hops)
            ports = running.enter_context(running_door(folder, targets, door))
            channel = running.enter_context(grpc.insecure_channel(f"{HOST}:{ports.public}"))
            made[hops] = CourseServiceStub(channel)
        for door_of in made.values():
            eventually(lambda stub=door_of: answers(stub), 20)
        yield made


def answers(door: CourseServiceStub) -> bool:
    try:
        return bool(seen(door))
    except grpc.RpcError:
        return False


def seen(door: CourseServiceStub, *headers: tuple[str, str]) -> str:
    title: str = door.GetCourse(GetCourseRequest(course="any"), metadata=headers, timeout=20).title
    return title


@pytest.mark.parametrize(
    ("hops", "forwarded", "address"),
    [
        # Whatever is said to a door without proxies, it saw this machine.
        (0, [], HOST),
        (0, [LEARNER], HOST),
        # A proxy adds whom it saw to the end; what stands before that anybody may have sent.
        (1, [LEARNER], LEARNER),
        (1, [f"{STRANGER}, {LEARNER}"], LEARNER),
        (1, [STRANGER, LEARNER], LEARNER),
        (1, ["2001:db8::9"], "2001:db8::9"),
        (1, ["10.1.2.3"], "10.1.2.3"),
        (2, [f"{STRANGER}, {LEARNER}, {PROXY}"], LEARNER),
        (2, [f"{LEARNER}, {PROXY}"], LEARNER),
        # Not by the proxies, or by too few of them: whoever the door saw.
        (1, [], HOST),
        (1, ["nobody"], HOST),
        (1, [f"{LEARNER}, "], HOST),
        (2, [LEARNER], HOST),
    ],
)
def test_the_address_is_that_of_the_learner(
    doors: dict[int, CourseServiceStub], hops: int, forwarded: list[str], address: str
) -> None:
    assert seen(doors[hops], *(("x-forwarded-for", each) for each in forwarded)) == address


@pytest.mark.parametrize(("hops", "address"), [(0, HOST), (1, LEARNER), (2, HOST)])
def test_nobody_says_for_himself_who_he_is(
    doors: dict[int, CourseServiceStub], hops: int, address: str
) -> None:
    claimed = [(ADDRESS, STRANGER), ("x-real-ip", STRANGER), ("forwarded", f"for={STRANGER}")]
    assert seen(doors[hops], *claimed, ("x-forwarded-for", LEARNER)) == address
