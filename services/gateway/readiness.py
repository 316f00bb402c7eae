"""Whether the academy stands: the health of every service, gathered (gRPC health checking)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum

from grpc_health.v1 import health_pb2
from grpc_health.v1.health_pb2_grpc import HealthStub

from services.gateway.processes import Process, ask

ANSWER_SECONDS = 1.0
CACHED_SECONDS = 0.5


class State(StrEnum):
    """How a service, or a process of it, is found: the best first."""

    SERVING = "SERVING"
    NOT_SERVING = "NOT_SERVING"
    UNREACHABLE = "UNREACHABLE"


_ORDER = list(State)


def health(asked: Iterable[Process]) -> list[tuple[str, State]]:
    """The service and the state of each process; whoever is silent for 1 s is unreachable."""

    def check(process: Process) -> object:
        request = health_pb2.HealthCheckRequest()
        return HealthStub(process.channel).Check.future(request, timeout=ANSWER_SECONDS)

    return [(process.service, _state(answer)) for process, answer in ask(asked, check)]


def _state(answer: health_pb2.HealthCheckResponse | None) -> State:
    if answer is None:
        return State.UNREACHABLE
    serves = answer.status == health_pb2.HealthCheckResponse.SERVING
    return State.SERVING if serves else State.NOT_SERVING


def by_service(states: Iterable[tuple[str, State]]) -> dict[str, State]:
    """The best state among the processes of each service, sorted by name: it is as good as that."""
    best: dict[str, State] = {}
    for service, state in sorted(states):
        best[service] = min(state, best.get(service, State.UNREACHABLE), key=_ORDER.index)
    return best


class Readiness:
    """The states of all services, asked for at most twice a second however many want to know."""

    def __init__(self, others: Iterable[Process], own: Callable[[], tuple[str, State]]) -> None:
        """`own` tells the gateway's own name and state: it must not wait for one of its threads."""
        self._others = others
        self._own = own
        self._lock = threading.Lock()
        self._states: Mapping[str, State] = {}
        self._good_until = 0.0

    def states(self) -> Mapping[str, State]:
        """The state of each service by its name, sorted by name."""
        with self._lock:
            if time.monotonic() >= self._good_until:
                self._states = by_service([*health(self._others), self._own()])
                self._good_until = time.monotonic() + CACHED_SECONDS
            return self._states
