"""Records every call as a span of the trace it came in. It is in the chain only where traces are
on."""

from __future__ import annotations

from services.kit.call import Call
from services.kit.rpc.interceptors.base import Bracket
from services.kit.rpc.policy import MethodPolicy
from services.kit.tracing import Tracing


class Trace(Bracket):
    """Outside of the log, whose lines tell the trace; and of the errors, as metrics."""

    def __init__(self, tracing: Tracing) -> None:
        self._tracing = tracing

    def begin(self, call: Call, rpc: MethodPolicy) -> None:
        """Begin the span."""
        name = rpc.method.removeprefix("/")
        self._tracing.enter(call, name, "SERVER", {"rpc.system.name": "grpc", "rpc.method": name})

    def end(self, call: Call, rpc: MethodPolicy, begun: None) -> None:
        """End it with what the caller was told."""
        if call.span is not None:
            call.span.set_attribute("rpc.response.status_code", call.code)
            call.span.set_attribute("stellr.request_id", call.request_id)
        self._tracing.leave(call)
