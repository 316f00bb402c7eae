"""The gRPC server of a service process."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from grpc_reflection.v1alpha._base import BaseReflectionServicer

from services.kit.process.runtime import Runtime
from services.kit.process.service import Registration
from services.kit.rpc.interceptors import Chain
from services.kit.rpc.policy import policies
from stellr.runtime.v1 import runtime_service_pb2 as runtime_pb2
from stellr.runtime.v1 import runtime_service_pb2_grpc as runtime_grpc

# Calls that wait for a thread beside those at work; more are refused at once.
WAITING_CALLS = 256
MEBIBYTE = 1024 * 1024
MAX_MESSAGE_BYTES = 64 * MEBIBYTE
# More than Envoy lets through, so that its 431 is what a caller with too long headers is told.
MAX_METADATA_BYTES = 128 * 1024


class RuntimeServicer(runtime_grpc.RuntimeServiceServicer):
    """What a process answers about itself."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def GetMetrics(
        self, request: runtime_pb2.GetMetricsRequest, context: grpc.ServicerContext
    ) -> runtime_pb2.Metrics:
        """The metrics of this process."""
        return runtime_pb2.Metrics(text=self._runtime.metrics.text())


class Server:
    """A gRPC server with the chain, health and reflection (v1 and v1alpha)."""

    def __init__(self, runtime: Runtime) -> None:
        own = Registration(
            runtime_grpc.add_RuntimeServiceServicer_to_server, RuntimeServicer(runtime)
        )
        registrations = [*runtime.service.build(runtime), own]
        self._names = service_names(registrations)
        runtime.policies = policies(self._names)
        self._health = health.HealthServicer()
        self._server = self._grpc_server(runtime)
        for registration in registrations:
            registration.add(registration.servicer, self._server)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        _add_reflection(self._server, [*self._names, "grpc.health.v1.Health"])
        self._set(health_pb2.HealthCheckResponse.NOT_SERVING)

    def _grpc_server(self, runtime: Runtime) -> grpc.Server:
        threads = runtime.settings.threads
        return grpc.server(
            ThreadPoolExecutor(threads, thread_name_prefix="rpc"),
            interceptors=[Chain(runtime)],
            maximum_concurrent_rpcs=threads + WAITING_CALLS,
            options=[
                ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
                ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
                ("grpc.max_metadata_size", MAX_METADATA_BYTES),
                ("grpc.absolute_max_metadata_size", MAX_METADATA_BYTES),
                ("grpc.so_reuseport", 1),
            ],
        )

    def start(self, address: str) -> int:
        """Listen on host:port; the port. OSError where the address cannot be had."""
        try:
            port = self._server.add_insecure_port(address)
        except RuntimeError as error:
            raise OSError(f"cannot listen on {address}") from error
        self._server.start()
        return port

    def set_serving(self, serving: bool) -> None:
        """Tell health checks whether calls are welcome."""
        states = health_pb2.HealthCheckResponse
        self._set(states.SERVING if serving else states.NOT_SERVING)

    def stop(self, grace_seconds: float) -> None:
        """Refuse new calls, finish those under way, cancel what is left after the grace."""
        self._health.enter_graceful_shutdown()
        self._server.stop(grace_seconds).wait(grace_seconds + 1)

    def _set(self, state: Any) -> None:
        for name in ("", *self._names):
            self._health.set(name, state)


class _Names:
    """Stands in for a server to learn the names under which servicers are added."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def add_generic_rpc_handlers(self, handlers: Iterable[object]) -> None:
        """Handlers come under names as well, below."""

    def add_registered_method_handlers(self, service_name: str, _: object) -> None:
        """Take the name down."""
        self.names.append(service_name)


def service_names(registrations: Sequence[Registration]) -> list[str]:
    """The full names of the services that are registered."""
    recorder = _Names()
    for registration in registrations:
        registration.add(registration.servicer, recorder)
    return recorder.names


def _add_reflection(server: grpc.Server, names: Sequence[str]) -> None:
    """Reflection under both of its names: grpcio ships v1alpha, newer tools ask for v1."""
    reflection.enable_server_reflection([*names, reflection.SERVICE_NAME], server)
    servicer: Any = reflection.ReflectionServicer(names)
    assert isinstance(servicer, BaseReflectionServicer)
    from grpc_reflection.v1alpha import reflection_pb2 as pb  # noqa: PLC0415

    handler = grpc.stream_stream_rpc_method_handler(
        servicer.ServerReflectionInfo,
        request_deserializer=pb.ServerReflectionRequest.FromString,
        response_serializer=pb.ServerReflectionResponse.SerializeToString,
    )
    generic = grpc.method_handlers_generic_handler(
        "grpc.reflection.v1.ServerReflection", {"ServerReflectionInfo": handler}
    )
    server.add_generic_rpc_handlers((generic,))
