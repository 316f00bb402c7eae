"""Whether the academy stands: the health of every service, gathered (gRPC health checking)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from grpc_health.v1 import health_pb2
from grpc_health.v1.health_pb2_grpc import HealthStub

from services.gateway.processes import Process, ask

ANSWER_SECONDS = 1.0
CACHED_SECONDS = 0.5
_SERVING = health_pb2.HealthCheckResponse.SERVING


class State(StrEnum):
    """How a service, or a process of it, is found: the best first."""

    SERVING = "SERVING"
    # It answers calls; something that it does in the background stands still.
    DEGRADED = "DEGRADED"
    NOT_SERVING = "NOT_SERVING"
    UNREACHABLE = "UNREACHABLE"

    @property
    def answers(self) -> bool:
        """Whether calls are answered."""
        return self in (State.SERVING, State.DEGRADED)


_ORDER = list(State)


class Found(NamedTuple):
    """How a service, or a process of it, was found, and after how many seconds."""

    service: str
    state: State
    seconds: float


def health(asked: Sequence[Process]) -> list[Found]:
    """How each process is; whoever is silent for 1 s is unreachable."""

    def check(process: Process) -> object:
        request = health_pb2.HealthListRequest()
        return HealthStub(process.channel).List.future(request, timeout=ANSWER_SECONDS)

    return [
        Found(answer.process.service, _state(answer.reply), answer.seconds)
        for answer in ask(asked, check)
    ]


def _state(answer: health_pb2.HealthListResponse | None) -> State:
    if answer is None:
        return State.UNREACHABLE
    if answer.statuses[""].status != _SERVING:
        return State.NOT_SERVING
    well = all(each.status == _SERVING for each in answer.statuses.values())
    return State.SERVING if well else State.DEGRADED


def by_service(found: Iterable[Found]) -> dict[str, Found]:
    """How each service is, sorted by name: as good as the best of its processes, but degraded where
    one of those that answer calls is; the seconds are those of the slowest of these."""
    processes: dict[str, list[Found]] = {}
    for each in found:
        processes.setdefault(each.service, []).append(each)
    return {service: _together(processes[service]) for service in sorted(processes)}


def _together(found: Sequence[Found]) -> Found:
    answering = [each for each in found if each.state.answers]
    if answering:
        return max(answering, key=lambda each: _ORDER.index(each.state))._replace(
            seconds=max(each.seconds for each in answering)
        )
    return min(found, key=lambda each: _ORDER.index(each.state))


class Readiness:
    """The states of all services, asked for at most twice a second however many want to know."""

    def __init__(self, others: Callable[[], Sequence[Process]], own: Callable[[], Found]) -> None:
        """`own` tells how the gateway itself is: it must not wait for one of its threads."""
        self._others = others
        self._own = own
        self._lock = threading.Lock()
        self._found: Mapping[str, Found] = {}
        self._good_until = 0.0

    def services(self) -> Mapping[str, Found]:
        """How each service is by its name, sorted by name."""
        with self._lock:
            if time.monotonic() >= self._good_until:
                self._found = by_service([*health(self._others()), self._own()])
                self._good_until = time.monotonic() + CACHED_SECONDS
            return self._found
