"""Records every call of another service as a span, below which that service's own stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import grpc

from services.kit import call as calls
from services.kit import tracing
from services.kit.tracing import Tracing


class _Details(NamedTuple):
    """What is known of a call before it is made, as of grpc.ClientCallDetails."""

    method: str
    timeout: float | None
    metadata: Any
    credentials: Any
    wait_for_ready: bool | None
    compression: Any


class ClientSpans(
    grpc.UnaryUnaryClientInterceptor,
    grpc.StreamUnaryClientInterceptor,
    grpc.UnaryStreamClientInterceptor,
    grpc.StreamStreamClientInterceptor,
):
    """Around the calls of a channel, for grpc.intercept_channel."""

    def __init__(self, service: str, spans: Tracing) -> None:
        self._service = service
        self._spans = spans

    def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
        """A call that is answered by a message."""
        return self._spanned(continuation, details, request)

    def intercept_stream_unary(self, continuation: Any, details: Any, requests: Any) -> Any:
        """An upload."""
        return self._spanned(continuation, details, requests)

    def intercept_unary_stream(self, continuation: Any, details: Any, request: Any) -> Any:
        """A call that is answered by a stream: its span ends with the stream."""
        return self._spanned(continuation, details, request)

    def intercept_stream_stream(self, continuation: Any, details: Any, requests: Any) -> Any:
        """Streams both ways."""
        return self._spanned(continuation, details, requests)

    def _spanned(self, continuation: Callable[[Any, Any], Any], details: Any, request: Any) -> Any:
        call = calls.current()
        name = details.method.removeprefix("/")
        known = {"rpc.system.name": "grpc", "rpc.method": name, "server.address": self._service}
        span = None if call is None else self._spans.begin(call, name, "CLIENT", known)
        if span is None:
            return continuation(details, request)
        answer = continuation(_below(span, details), request)
        answer.add_done_callback(lambda ended: _end(span, ended))
        return answer


def _below(span: Any, details: Any) -> _Details:
    """The call as one below this span."""
    metadata = [pair for pair in details.metadata if pair[0] != "traceparent"]
    metadata.append(("traceparent", tracing.traceparent(span)))
    return _Details(
        details.method,
        details.timeout,
        metadata,
        details.credentials,
        details.wait_for_ready,
        details.compression,
    )


def _end(span: Any, ended: Any) -> None:
    code = ended.code()
    span.set_attribute("rpc.response.status_code", code.name)
    tracing.end(span, "" if code is grpc.StatusCode.OK else code.name)
