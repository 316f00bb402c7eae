"""What a server handles: every RPC of the servicers, behind the chain, put together once."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf.message import Message

from services.kit.rpc.interceptors import Chain
from services.kit.rpc.interceptors.decoding import lenient
from services.kit.rpc.policy import MethodPolicy, policies
from services.kit.rpc.streams import served
from stellr.options.v1 import options_pb2 as options

if TYPE_CHECKING:
    from services.kit.rpc.server import Registration

# What services say to each other may be a whole course; what comes from outside never is. Decoded,
# a message may take twenty times its bytes.
MAX_MESSAGE_BYTES = 64 * 1024 * 1024
MAX_PUBLIC_BYTES = 1024 * 1024
Table = dict[str, dict[str, Any]]


class Handlers:
    """The handlers of all registered services: calls, and streams that a server sends."""

    def __init__(
        self,
        registrations: Iterable[Registration],
        chain: Chain,
        uploads: ThreadPoolExecutor,
    ) -> None:
        self.names: list[str] = []
        self._chain = chain
        self._uploads = uploads
        self._calls: Table = {}
        self._streams: Table = {}
        for registration in registrations:
            self._add_all(registration)

    def add_calls(self, server: Any) -> None:
        """Give a synchronous server its handlers."""
        _give(server, self._calls)

    def add_streams(self, server: Any) -> None:
        """Give an asyncio server its handlers."""
        _give(server, self._streams)

    def _add_all(self, registration: Registration) -> None:
        declared = _Recorder()
        registration.add(registration.servicer, declared)
        self.names.extend(declared.table)
        found = policies(declared.table)
        for service, methods in declared.table.items():
            for name, handler in methods.items():
                pool = registration.pools.get(name)
                self._add(service, name, handler, found[f"/{service}/{name}"], pool)

    def _add(
        self,
        service: str,
        name: str,
        handler: Any,
        rpc: MethodPolicy,
        pool: ThreadPoolExecutor | None,
    ) -> None:
        if handler.response_streaming:
            self._streams.setdefault(service, {})[name] = self._stream(handler, rpc)
        else:
            self._calls.setdefault(service, {})[name] = self._call(handler, rpc, pool)

    def _stream(self, handler: Any, rpc: MethodPolicy) -> Any:
        if handler.request_streaming:
            behavior = served(handler.stream_stream, self._chain, rpc)
            return handler._replace(stream_stream=behavior)
        behavior = served(handler.unary_stream, self._chain, rpc)
        return _decoding(handler._replace(unary_stream=behavior), rpc)

    def _call(self, handler: Any, rpc: MethodPolicy, pool: ThreadPoolExecutor | None) -> Any:
        kind = "stream_unary" if handler.request_streaming else "unary_unary"
        behavior = self._chain.method(getattr(handler, kind), rpc)
        if pool or handler.request_streaming:
            behavior.experimental_thread_pool = pool or self._uploads  # type: ignore[attr-defined]
        bound = handler._replace(**{kind: behavior})
        return bound if handler.request_streaming else _encoding(_decoding(bound, rpc))


class _Recorder:
    """Stands in for a server to learn what servicers are added with."""

    def __init__(self) -> None:
        self.table: Table = {}

    def add_generic_rpc_handlers(self, handlers: Iterable[object]) -> None:
        """Handlers come under names as well, below."""

    def add_registered_method_handlers(self, service: str, handlers: dict[str, Any]) -> None:
        """Take the handlers down."""
        self.table[service] = handlers


def _give(server: Any, table: Table) -> None:
    for service, handlers in table.items():
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, handlers),))
        server.add_registered_method_handlers(service, handlers)


def _decoding(handler: Any, rpc: MethodPolicy) -> Any:
    longest = MAX_MESSAGE_BYTES if rpc.access == options.ACCESS_INTERNAL else MAX_PUBLIC_BYTES
    decode = lenient(handler.request_deserializer, longest)
    return handler._replace(request_deserializer=decode)


def _encoding(handler: Any) -> Any:
    """A reply that is kept at hand is kept in the bytes that are sent."""

    def encoded(reply: Message | bytes) -> bytes:
        return reply if isinstance(reply, bytes) else reply.SerializeToString()

    return handler._replace(response_serializer=encoded)
