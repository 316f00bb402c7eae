"""Opens the call: its id, its deadline, where it came from, and the credentials it brings."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import grpc

from services.kit import call as calls
from services.kit.rpc.interceptors.base import Link, Method

LONGEST_SECONDS = 24 * 3600


class RequestId(Link):
    """First, so that everything after knows which call it is."""

    def intercept(
        self, method: Method, request: Any, context: grpc.ServicerContext, method_name: str
    ) -> Any:
        """Open the call for all that comes after, and close it at the end."""
        if self.policy(method_name).streams_reply:
            return self._stream(method, request, context, method_name)
        token = calls.enter(open_call(method_name, context))
        try:
            return method(request, context)
        finally:
            calls.leave(token)

    def _stream(
        self, method: Method, request: Any, context: grpc.ServicerContext, method_name: str
    ) -> Iterator[Any]:
        token = calls.enter(open_call(method_name, context))
        try:
            yield from method(request, context)
        finally:
            calls.leave(token)


def open_call(method_name: str, context: grpc.ServicerContext) -> calls.Call:
    """The call as its metadata tell it."""
    call = calls.Call(method=method_name)
    for key, value in context.invocation_metadata():
        _read(call, key, value)
    call.request_id = call.request_id or calls.new_request_id()
    remaining = context.time_remaining()
    if remaining is not None and remaining < LONGEST_SECONDS:
        call.deadline = time.monotonic() + remaining
    if not call.address:
        call.address = _peer_address(context.peer())
    return call


def _read(call: calls.Call, key: str, value: str | bytes) -> None:
    if not isinstance(value, str):
        return
    if key == "x-request-id":
        call.request_id = value[:100]
    elif key == "x-envoy-external-address":
        # Envoy writes the address it saw itself, and takes away what anyone else wrote here.
        call.address = value
    elif key == "authorization":
        call.credentials = value
    elif key == "x-stellr-service":
        call.service_credentials = value
    elif key == "idempotency-key":
        call.idempotency_key = value
    elif key == "user-agent":
        call.user_agent = value[:300]


def _peer_address(peer: str) -> str:
    """The address in a gRPC peer name such as "ipv4:127.0.0.1:50000"."""
    return peer.split(":", 1)[-1].rsplit(":", 1)[0]
