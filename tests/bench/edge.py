"""What the public door adds to a request.

The same read straight from its service over gRPC, through Envoy over gRPC, and through Envoy over
REST, whole and compressed, in turns in one run. Limits are lifted for that.
"""

from __future__ import annotations

import http.client
import statistics
import time
from collections.abc import Callable
from typing import Any

import grpc

from stellr.course.v1.course_service_pb2 import GetCourseRequest
from tests import support
from tests.bench import cpu

ROUNDS = 10
EACH = 100
METHOD = "/stellr.course.v1.CourseService/GetCourse"
STRAIGHT = "gRPC, straight"
Ask = Callable[[], Any]


def over_grpc(address: str) -> Ask:
    """A call over a connection that stays."""
    call: Any = grpc.insecure_channel(address).unary_unary(METHOD)
    request = GetCourseRequest(course=support.DEMO).SerializeToString()
    return lambda: call(request, timeout=10)


def over_rest(port: int, coding: str) -> Ask:
    """The same by GET."""
    connection = http.client.HTTPConnection("127.0.0.1", port)

    def ask() -> None:
        path = f"/courses/{support.DEMO}"
        connection.request("GET", path, headers={"accept-encoding": coding})
        answer = connection.getresponse()
        assert answer.status == http.HTTPStatus.OK
        answer.read()

    return ask


def measure(asks: dict[str, Ask], envoy: int) -> None:
    """Print the median time of a request for each way, and what Envoy computed for it."""
    times: dict[str, list[float]] = {name: [] for name in asks}
    spent = dict.fromkeys(asks, 0.0)
    for ask in asks.values():
        ask()
    for _ in range(ROUNDS):
        for name, ask in asks.items():
            before = cpu.seconds([envoy])
            for _ in range(EACH):
                began = time.perf_counter()
                ask()
                times[name].append(time.perf_counter() - began)
            spent[name] += cpu.seconds([envoy]) - before
    straight = statistics.median(times[STRAIGHT])
    for name, taken in times.items():
        median = statistics.median(taken)
        computed = spent[name] / len(taken) * 1e6
        print(
            f"{name:<28} {median * 1e3:6.2f} ms   {median / straight:4.2f} times straight"
            f"   {computed:5.0f} us of Envoy's CPU"
        )


def main() -> None:
    """Measure all ways in turns."""
    with support.started() as stack:
        asks = {
            STRAIGHT: over_grpc(stack.target("course")),
            "gRPC, through Envoy": over_grpc(f"127.0.0.1:{stack.port}"),
            "REST, through Envoy": over_rest(stack.port, "identity"),
            "REST, gzip, through Envoy": over_rest(stack.port, "gzip"),
            "REST, br, through Envoy": over_rest(stack.port, "br"),
        }
        measure(asks, int(stack.part("envoy")["pid"]))


if __name__ == "__main__":
    main()
