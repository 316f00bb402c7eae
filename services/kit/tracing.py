"""Traces (OpenTelemetry), where they are on: spans of calls, statements, jobs and events.

The public door begins a trace and decides whether it is recorded; a service goes on with those that
are (W3C Trace Context, https://www.w3.org/TR/trace-context/) and begins none, so that what a
process does by itself all day makes no noise. The context travels with the call (kit/call.py), on
or off. Names are those of OpenTelemetry's semantic conventions; a span never holds a value of a
request or of a statement, nor the text of an error.

Off, which is the default, nothing of the SDK is imported.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from services.kit.call import Call

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import Span, TracerProvider
    from opentelemetry.trace import SpanKind

# Spans that wait to be sent, about 2 kB each; more are dropped, so that a collector that is slow or
# away holds up nothing.
WAITING_SPANS = 2048
SEND_SECONDS = 5.0
# How long a process that stops waits for its last spans to be sent.
STOP_SECONDS = 2.0
_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}", re.ASCII)
_SAMPLED = 1


def is_traceparent(text: str) -> bool:
    """Whether the text is the place of a span in a trace, as the header `traceparent` has it."""
    return _TRACEPARENT.fullmatch(text) is not None


def headers(call: Call) -> list[tuple[str, str | bytes]]:
    """The headers by which a call's trace goes on elsewhere."""
    told: list[tuple[str, str | bytes]] = [("traceparent", call.traceparent)]
    return [*told, ("tracestate", call.tracestate)] if call.tracestate else told


class Tracing:
    """The spans of a process, sent to a collector by OTLP over gRPC."""

    def __init__(self, service: str, process: str, endpoint: str) -> None:
        from opentelemetry import trace  # noqa: PLC0415  only where it is on
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import (  # noqa: PLC0415
            OTLPSpanExporter,
        )
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
        from opentelemetry.sdk.trace.sampling import ALWAYS_ON  # noqa: PLC0415

        self._api = trace
        name = {
            "service.namespace": "stellr",
            "service.name": service,
            "service.instance.id": process,
        }
        # ALWAYS_ON: what is not to be recorded does not come so far.
        self._provider: TracerProvider = TracerProvider(
            sampler=ALWAYS_ON, resource=Resource.create(name), shutdown_on_exit=False
        )
        exporter = OTLPSpanExporter(endpoint=endpoint, insecure=True, timeout=SEND_SECONDS)
        self._provider.add_span_processor(
            BatchSpanProcessor(exporter, max_queue_size=WAITING_SPANS)
        )
        self._tracer = self._provider.get_tracer("stellr")

    def begin(
        self, call: Call, name: str, kind: str, attributes: Mapping[str, Any] | None = None
    ) -> Span | None:
        """A span below the call's own, to be ended; None where the call is not recorded.

        `kind` is SERVER, CLIENT or CONSUMER.
        """
        if not call.traceparent or not int(call.traceparent[-2:], 16) & _SAMPLED:
            return None
        kinds: type[SpanKind] = self._api.SpanKind
        span: Any = self._tracer.start_span(
            name, self._context(call), kinds[kind], attributes, set_status_on_exception=False
        )
        return span  # type: ignore[no-any-return]

    def enter(
        self, call: Call, name: str, kind: str, attributes: Mapping[str, Any] | None = None
    ) -> None:
        """Begin the span of the call itself: what it does and asks from now on stands below it."""
        call.span = self.begin(call, name, kind, attributes)
        if call.span is not None:
            call.traceparent = traceparent(call.span)

    def leave(self, call: Call) -> None:
        """End the span of the call, as the call ended."""
        if call.span is not None:
            end(call.span, call.reason)
            call.span = None

    def stop(self) -> None:
        """Send what waits, for a moment at most."""
        # A thread: the SDK waits for half a minute where the collector is away.
        sending = threading.Thread(target=self._provider.shutdown, daemon=True)
        sending.start()
        sending.join(STOP_SECONDS)

    def _context(self, call: Call) -> Any:
        if call.span is not None:
            return self._api.set_span_in_context(call.span)
        _, trace_id, span_id, flags = call.traceparent.split("-")
        parent = self._api.SpanContext(
            int(trace_id, 16),
            int(span_id, 16),
            is_remote=True,
            trace_flags=self._api.TraceFlags(int(flags, 16)),
            trace_state=self._api.TraceState.from_header([call.tracestate]),
        )
        return self._api.set_span_in_context(self._api.NonRecordingSpan(parent))


def traceparent(span: Span) -> str:
    """The place of a span in its trace, as the header has it."""
    at = span.get_span_context()
    return f"00-{at.trace_id:032x}-{at.span_id:016x}-{at.trace_flags:02x}"


def end(span: Span, error: str = "") -> None:
    """End a span; `error` names the kind of what failed, if anything did."""
    if error:
        from opentelemetry.trace import StatusCode  # noqa: PLC0415  only where it is on

        span.set_attribute("error.type", error)
        span.set_status(StatusCode.ERROR)
    span.end()


_tracing: Tracing | None = None


def start(service: str, process: str, endpoint: str) -> None:
    """Have the spans of this process sent to a collector at http://host:port."""
    global _tracing  # noqa: PLW0603  one of a process, as its log
    _tracing = Tracing(service, process, endpoint)


def stop() -> None:
    """Send what waits, and record nothing more."""
    global _tracing
    tracing, _tracing = _tracing, None
    if tracing is not None:
        tracing.stop()


def on() -> Tracing | None:
    """The spans of this process; None where traces are off."""
    return _tracing


@contextmanager
def processing(call: Call | None, what: str) -> Iterator[None]:
    """Around a job or the dealing with an event, as a span in the trace of the request that it
    came from (semantic conventions of messaging: `process`)."""
    tracing = _tracing
    if tracing is None or call is None:
        yield
        return
    what = what.removeprefix("/")
    attributes = {
        "messaging.system": "postgresql",
        "messaging.operation.type": "process",
        "messaging.destination.name": what,
    }
    tracing.enter(call, f"process {what}", "CONSUMER", attributes)
    try:
        yield
    except BaseException as error:
        call.reason = call.reason or type(error).__name__
        raise
    finally:
        tracing.leave(call)
