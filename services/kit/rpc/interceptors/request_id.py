"""Opens the call: its id, its deadline, where it came from, and the credentials it brings."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from typing import Any

from services.kit import call as calls
from services.kit.rpc.clients import CLIENT_ADDRESS, CLIENT_AGENT
from services.kit.rpc.interceptors.base import Method, Stream
from services.kit.rpc.policy import MethodPolicy
from services.kit.tracing import is_traceparent

LONGEST_SECONDS = 24 * 3600
LONGEST_AGENT, LONGEST_ADDRESS, LONGEST_IF_MATCH, LONGEST_STATE = 300, 100, 1000, 512


class RequestId:
    """First, so that everything after knows which call it is."""

    def bind(self, proceed: Method, rpc: MethodPolicy) -> Method:
        """Open the call for all that comes after, and close it at the end."""
        name = rpc.method

        def opened(request: Any, context: Any) -> Any:
            token = calls.enter(open_call(name, context))
            try:
                return proceed(request, context)
            finally:
                calls.leave(token)

        return opened

    def bind_stream(self, proceed: Stream, rpc: MethodPolicy) -> Stream:
        """The same for a stream, which has a task and so a context of its own."""

        async def opened(request: Any, context: Any) -> AsyncIterator[Any]:
            calls.enter(open_call(rpc.method, context))
            async for message in proceed(request, context):
                yield message

        return opened


def open_call(method: str, context: Any) -> calls.Call:
    """The call as its metadata tell it."""
    call = calls.Call(method=method)
    for key, value in context.invocation_metadata():
        read = _READ.get(key)
        if read is not None:
            read(call, value if isinstance(value, str) else value.decode(errors="replace"))
    call.request_id = call.request_id or calls.new_request_id()
    if call.traceparent and not is_traceparent(call.traceparent):
        call.traceparent = call.tracestate = ""
    remaining = context.time_remaining()
    if remaining is not None and remaining < LONGEST_SECONDS:
        call.deadline = time.monotonic() + remaining
    if call.address:
        # It came through the public door, behind which nobody speaks for others.
        call.told_address = ""
    else:
        call.address = _peer_address(context.peer())
    return call


def _setter(field: str, longest: int | None = None) -> Callable[[calls.Call, str], None]:
    def read(call: calls.Call, value: str) -> None:
        setattr(call, field, value if longest is None else value[:longest])

    return read


_READ = {
    "x-request-id": _setter("request_id", 100),
    # Envoy writes the address it saw itself, and takes away what anyone else wrote here.
    "x-envoy-external-address": _setter("address"),
    "x-envoy-original-method": _setter("http_method"),
    "x-envoy-original-path": _setter("http_path"),
    "authorization": _setter("credentials"),
    "x-stellr-service": _setter("service_credentials"),
    "idempotency-key": _setter("idempotency_key"),
    "if-match": _setter("if_match", LONGEST_IF_MATCH),
    "user-agent": _setter("user_agent", LONGEST_AGENT),
    "traceparent": _setter("traceparent"),
    "tracestate": _setter("tracestate", LONGEST_STATE),
    CLIENT_ADDRESS: _setter("told_address", LONGEST_ADDRESS),
    CLIENT_AGENT: _setter("told_agent", LONGEST_AGENT),
}


def _peer_address(peer: str) -> str:
    """The address in a gRPC peer name such as "ipv4:127.0.0.1:50000"."""
    return peer.split(":", 1)[-1].rsplit(":", 1)[0]
