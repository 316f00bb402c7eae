"""Reflection under both of its names: grpcio ships v1alpha, newer tools ask for v1."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from grpc_reflection.v1alpha import reflection
from grpc_reflection.v1alpha import reflection_pb2 as pb

# A developer's tool holds a thread for as long as it is connected.
THREADS = 4
NAMES = ("grpc.reflection.v1.ServerReflection", reflection.SERVICE_NAME)


def add_reflection(server: grpc.Server, services: Sequence[str]) -> None:
    """Tell tools about the services, in threads that no other call waits for."""
    servicer: Any = reflection.ReflectionServicer([*services, reflection.SERVICE_NAME])

    def info(requests: Iterator[Any], context: grpc.ServicerContext) -> Any:
        return servicer.ServerReflectionInfo(requests, context)

    info.experimental_thread_pool = ThreadPoolExecutor(  # type: ignore[attr-defined]
        THREADS, thread_name_prefix="reflection"
    )
    handler = grpc.stream_stream_rpc_method_handler(
        info,
        request_deserializer=pb.ServerReflectionRequest.FromString,
        response_serializer=pb.ServerReflectionResponse.SerializeToString,
    )
    for name in NAMES:
        generic = grpc.method_handlers_generic_handler(name, {"ServerReflectionInfo": handler})
        server.add_generic_rpc_handlers((generic,))
