"""The gRPC servers of a service process: one for calls, on the next port one for streams."""

from __future__ import annotations

import socket
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import grpc

from services.kit.rpc.handlers import MAX_MESSAGE_BYTES, Handlers
from services.kit.rpc.health import Health
from services.kit.rpc.interceptors import Chain
from services.kit.rpc.mesh_tls import MeshTls
from services.kit.rpc.ports import PORTS, stream_address
from services.kit.rpc.reflection import add_reflection
from services.kit.rpc.threads import CallThreads

# Each costs some 20 KB.
OPEN_STREAMS = 20_000
# Uploads and imports: few and long, so they have threads of their own. Most of them wait for bytes.
UPLOADS = 16
# More than Envoy lets through, so that its 431 is what a caller with too long headers is told.
MAX_METADATA_BYTES = 128 * 1024
# Clients ping each 30 s, also while nothing is called (clients.KEEPALIVE); more often is too often.
MIN_PING_INTERVAL_MS = 10_000
# After that a client connects anew, calls under way going on as they are: so that it looks up who
# is there now, and finds the processes that came meanwhile.
CONNECTION_AGE_MS = 120_000

_OPTIONS = [
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_metadata_size", MAX_METADATA_BYTES),
    ("grpc.absolute_max_metadata_size", MAX_METADATA_BYTES),
    ("grpc.so_reuseport", 1),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_ping_interval_without_data_ms", MIN_PING_INTERVAL_MS),
    # No ping goes with what is received, to learn how much a connection carries: a message and its
    # answer more for each health check. A stream carries 64 KiB for each way there and back.
    ("grpc.http2.bdp_probe", 0),
    # Compressed, a small body could become a huge one: nobody here sends any.
    ("grpc.compression_enabled_algorithms_bitset", 1),
]
_CALL_OPTIONS = [*_OPTIONS, ("grpc.max_connection_age_ms", CONNECTION_AGE_MS)]
Submit = Callable[[Coroutine[Any, Any, Any]], Future[Any]]
"""Runs a coroutine on the event loop of the process."""


@dataclass(frozen=True)
class Registration:
    """A servicer, and the generated function that adds it to a server.

    `pools` names RPCs that may wait long, each with the threads to wait in: the others still find
    one of the server's own.
    """

    add: Callable[[Any, Any], None]
    servicer: object
    pools: Mapping[str, ThreadPoolExecutor] = field(default_factory=dict)


class Server:
    """Serves what is registered, with health and reflection (v1 and v1alpha).

    At most `waiting_calls` wait for one of the `threads`; more are refused at once
    (RESOURCE_EXHAUSTED).
    """

    def __init__(
        self,
        registrations: Sequence[Registration],
        chain: Chain,
        submit: Submit,
        *,
        threads: int,
        waiting_calls: int,
        tls: MeshTls | None = None,
        background: Sequence[str] = (),
    ) -> None:
        """`background` names what is told of by itself: see `set_background`."""
        self._submit = submit
        self._tls = tls
        self._uploads = ThreadPoolExecutor(UPLOADS, thread_name_prefix="upload")
        self._handlers = Handlers(registrations, chain, self._uploads)
        self.health = Health(self._handlers.names, background)
        self.threads = CallThreads(threads)
        # grpc asks for no more than `submit`, whatever its types say.
        pool: Any = self.threads
        self._calls = grpc.server(
            pool,
            maximum_concurrent_rpcs=threads + waiting_calls,
            options=_CALL_OPTIONS,
        )
        self._handlers.add_calls(self._calls)
        self.health.add_to(self._calls)
        add_reflection(self._calls, [*self._handlers.names, "grpc.health.v1.Health"])
        self._streams: Any = None

    def start(self, address: str) -> int:
        """Listen on host:port for calls, which wait for `open`, and on the next port for streams,
        which are answered at once; the port. OSError where an address cannot be had."""
        host, _, wanted = address.rpartition(":")
        port = int(wanted) or _free_ports(host)
        self._listen(self._calls, f"{host}:{port}")
        self._submit(self._start_streams(stream_address(f"{host}:{port}"))).result()
        return port

    def open(self) -> None:
        """Answer calls from now on."""
        self._calls.start()
        self.set_serving(True)

    def set_serving(self, serving: bool) -> None:
        """Tell health checks whether calls are welcome."""
        self.health.set(serving)

    def set_background(self, name: str, well: bool) -> None:
        """Tell health checks of that name whether what is done in the background gets on."""
        self.health.set_background(name, well)

    def is_noticed(self, seconds: float) -> bool:
        """Wait until somebody who asked was told that calls are no longer welcome; whether they
        were within so many seconds."""
        return self.health.noticed.wait(seconds)

    def leave(self) -> bool:
        """Tell health checks for good that calls are no longer welcome; whether they were."""
        return self.health.stop()

    def stop(self, grace_seconds: float) -> None:
        """Refuse new calls, finish those under way, cancel what is left after the grace."""
        self.health.stop()
        stopped = self._calls.stop(grace_seconds)
        if self._streams is not None:
            self._submit(self._streams.stop(grace_seconds)).result()
        stopped.wait(grace_seconds + 1)
        self._uploads.shutdown(wait=False)

    async def _start_streams(self, address: str) -> None:
        streams: Any = grpc.aio.server(options=_OPTIONS, maximum_concurrent_rpcs=OPEN_STREAMS)
        self._handlers.add_streams(streams)
        self.health.add_to_streams(streams)
        self._listen(streams, address)
        await streams.start()
        self._streams = streams

    def _listen(self, server: Any, address: str) -> None:
        try:
            if self._tls is None:
                server.add_insecure_port(address)
            else:
                server.add_secure_port(address, self._tls.server())
        except RuntimeError as error:
            raise OSError(f"cannot listen on {address}") from error


def _free_ports(host: str) -> int:
    """A port that is free together with those after it: for streams, and for HTTP."""
    for _ in range(100):
        with ExitStack() as bound:
            port = 0
            try:
                for number in range(PORTS):
                    port = _bind(bound, host, port + number if port else 0) - number
            except OSError:
                continue
            return port
    raise OSError(f"no {PORTS} free ports in a row")


def _bind(bound: ExitStack, host: str, port: int) -> int:
    opened = bound.enter_context(socket.socket())
    opened.bind((host, port))
    found: int = opened.getsockname()[1]
    return found
