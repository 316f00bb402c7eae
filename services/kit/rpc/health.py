"""gRPC health checking: answered by threads of its own, so that no work holds it up."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from grpc_health.v1 import health, health_pb2, health_pb2_grpc

THREADS = 2
_STATES = health_pb2.HealthCheckResponse


class Health:
    """The health of a process and of each service in it, the same on both of its servers."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = ("", *names)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="health")
        self._servicer = health.HealthServicer(experimental_thread_pool=self._threads)
        self.set(False)

    def set(self, serving: bool) -> None:
        """Say whether calls are welcome."""
        self._serving = serving
        state = _STATES.SERVING if serving else _STATES.NOT_SERVING
        for name in self._names:
            self._servicer.set(name, state)

    def stop(self) -> bool:
        """Say for good that calls are no longer welcome; whether they were."""
        self._servicer.enter_graceful_shutdown()
        return self._serving

    def add_to(self, server: Any) -> None:
        """Answer on a synchronous server."""
        servicer = _InThreads(self._servicer, self._threads)
        health_pb2_grpc.add_HealthServicer_to_server(servicer, server)

    def add_to_streams(self, server: Any) -> None:
        """Answer on an asyncio server."""
        health_pb2_grpc.add_HealthServicer_to_server(_OnLoop(self._servicer), server)


class _InThreads(health_pb2_grpc.HealthServicer):  # type: ignore[misc]
    """Methods that name their thread pool to grpc."""

    def __init__(self, servicer: Any, threads: ThreadPoolExecutor) -> None:
        def check(request: Any, context: Any) -> Any:
            return servicer.Check(request, context)

        check.experimental_thread_pool = threads  # type: ignore[attr-defined]
        self.Check = check
        self.Watch = servicer.Watch
        self.List = servicer.List


class _OnLoop(health_pb2_grpc.HealthServicer):  # type: ignore[misc]
    """Check alone; who watches does so on the other server, which has the same state."""

    def __init__(self, servicer: Any) -> None:
        self._servicer = servicer

    async def Check(self, request: Any, context: Any) -> Any:
        """The state of a service."""
        return self._servicer.Check(request, context)
