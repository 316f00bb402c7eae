"""Envoy between a service of the test's own and readers that stop reading."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.api.httpbody_pb2 import HttpBody
from grpc_health.v1 import health_pb2, health_pb2_grpc

from edge.local.ports import HOST, reserve_row
from edge.registry import SERVICES
from tests.edge.envoy.running import running_door
from tests.support import eventually

CONTENT = "/stellr.media.v1.MediaService/GetContent"
PARTS = 320
PART = HttpBody(content_type="application/pdf", data=bytes(64 * 1024))
UNREAD = 40


class Serving(health_pb2_grpc.HealthServicer):
    async def Check(self, request: Any, context: Any) -> health_pb2.HealthCheckResponse:
        return health_pb2.HealthCheckResponse(status=health_pb2.HealthCheckResponse.SERVING)


async def content(request: bytes, context: Any) -> AsyncIterator[bytes]:
    """A file of 20 MiB."""
    for _ in range(PARTS):
        yield PART.SerializeToString()


async def serve(address: str, started: threading.Event, ended: asyncio.Event) -> None:
    """Serve files and health until told to end."""
    server = grpc.aio.server(options=[("grpc.so_reuseport", 1)])
    handlers = {"GetContent": grpc.unary_stream_rpc_method_handler(content)}
    service = CONTENT.split("/")[1]
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, handlers),))
    health_pb2_grpc.add_HealthServicer_to_server(Serving(), server)
    host, _, port = address.rpartition(":")
    for each in (int(port), int(port) + 1):
        server.add_insecure_port(f"{host}:{each}")
    await server.start()
    started.set()
    await ended.wait()
    await server.stop(0)


@pytest.fixture(name="upstream")
def _upstream() -> Iterator[str]:
    """The address of a process that serves files, its streams on the next port."""
    loop, ended, started = asyncio.new_event_loop(), asyncio.Event(), threading.Event()
    first, second = reserve_row(2)
    with first, second:
        work = serve(first.address, started, ended)
        thread = threading.Thread(target=loop.run_until_complete, args=(work,))
        thread.start()
        assert started.wait(10)
        yield first.address
        loop.call_soon_threadsafe(ended.set)
        thread.join()
    loop.close()


@pytest.fixture(name="door")
def _door(upstream: str, tmp_path: Path) -> Iterator[str]:
    """The address of an Envoy of one thread, so that all share the connections to the service."""
    with running_door(tmp_path, {name: [upstream] for name in SERVICES}) as ports:
        address = f"{HOST}:{ports.public}"
        eventually(lambda: reads(address), 20)
        yield address


def channel(address: str) -> grpc.Channel:
    """A connection of its own."""
    return grpc.insecure_channel(address, [("grpc.use_local_subchannel_pool", 1)])


def reads(address: str) -> bool:
    """Whether somebody new reads a whole file within some seconds."""
    with channel(address) as own:
        call: Any = own.unary_stream(CONTENT)
        try:
            return len(list(call(b"", timeout=20, wait_for_ready=True))) == PARTS
        except grpc.RpcError:
            return False


def test_readers_that_stop_reading_hold_up_nobody_else(door: str) -> None:
    channels = [channel(door) for _ in range(UNREAD)]
    calls: list[Any] = [each.unary_stream(CONTENT)(b"", timeout=60) for each in channels]
    for call in calls:
        next(call)
    assert reads(door)
    for call, each in zip(calls, channels, strict=True):
        call.cancel()
        each.close()
