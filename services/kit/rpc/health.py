"""gRPC health checking: answered by threads of its own, so that no work holds it up.

Beside the services of a process it knows names of what is done in the background, such as `jobs`.
Where that stands still calls are answered all the same, and go on being sent here: so it is told by
that name alone, and by List.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from grpc_health.v1 import health, health_pb2, health_pb2_grpc

THREADS = 2
_STATES = health_pb2.HealthCheckResponse


class Health:
    """The health of a process and of each service in it, the same on both of its servers."""

    def __init__(self, names: Sequence[str], background: Sequence[str] = ()) -> None:
        self._names = ("", *names)
        self._background = dict.fromkeys(background, True)
        self._serving = False
        self._left = False
        # Set once somebody who asked was told that it leaves.
        self.noticed = threading.Event()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="health")
        self._servicer = health.HealthServicer(experimental_thread_pool=self._threads)
        self.set(False)

    def set(self, serving: bool) -> None:
        """Say whether calls are welcome."""
        self._serving = serving
        for name, state in self._states().items():
            self._servicer.set(name, state)

    def set_background(self, name: str, well: bool) -> None:
        """Say whether what is done in the background gets on; calls are welcome all the same."""
        self._background[name] = well
        self._servicer.set(name, self._states()[name])

    @property
    def is_serving(self) -> bool:
        """Whether calls are welcome."""
        return self._serving and not self._left

    def stop(self) -> bool:
        """Say for good that calls are no longer welcome; whether they were."""
        self._servicer.enter_graceful_shutdown()
        self._left = True
        return self._serving

    def _states(self) -> dict[str, Any]:
        serving = self.is_serving
        told = dict.fromkeys(self._names, serving)
        told |= {name: serving and well for name, well in self._background.items()}
        return {
            name: _STATES.SERVING if well else _STATES.NOT_SERVING for name, well in told.items()
        }

    def list(self) -> Any:
        """All states by their names."""
        answers = {name: _STATES(status=state) for name, state in self._states().items()}
        return health_pb2.HealthListResponse(statuses=answers)

    def add_to(self, server: Any) -> None:
        """Answer on a synchronous server."""
        servicer = _InThreads(self._check, self._servicer.Watch, self.list, self._threads)
        health_pb2_grpc.add_HealthServicer_to_server(servicer, server)

    def _check(self, request: Any, context: Any) -> Any:
        left = self._left
        answer = self._servicer.Check(request, context)
        if left:
            self.noticed.set()
        return answer

    def add_to_streams(self, server: Any) -> None:
        """Answer on an asyncio server."""
        health_pb2_grpc.add_HealthServicer_to_server(_OnLoop(self._servicer), server)


class _InThreads(health_pb2_grpc.HealthServicer):  # type: ignore[misc]
    """Methods that name their thread pool to grpc."""

    def __init__(self, checked: Any, watch: Any, listed: Any, threads: ThreadPoolExecutor) -> None:
        def check(request: Any, context: Any) -> Any:
            return checked(request, context)

        def list_all(request: Any, context: Any) -> Any:
            return listed()

        for method in (check, list_all):
            method.experimental_thread_pool = threads  # type: ignore[attr-defined]
        self.Check = check
        self.Watch = watch
        self.List = list_all


class _OnLoop(health_pb2_grpc.HealthServicer):  # type: ignore[misc]
    """Check alone; who watches does so on the other server, which has the same state."""

    def __init__(self, servicer: Any) -> None:
        self._servicer = servicer

    async def Check(self, request: Any, context: Any) -> Any:
        """The state of a service."""
        return self._servicer.Check(request, context)
