from __future__ import annotations

import subprocess
import sys
import time

import pytest

from services.kit import tracing
from services.kit.call import Call
from services.kit.tracing import Tracing
from tests.collector import collecting
from tests.support import ROOT, eventually, free_port

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        (PARENT, True),
        (PARENT[:-2] + "00", True),
        ("", False),
        (PARENT.upper(), False),
        (PARENT + "\n", False),
        (PARENT + "-more", False),
        (PARENT.replace("00-", "ff-", 1), False),
        (PARENT.replace(TRACE, "0" * 32), False),
        (PARENT.replace("00f067aa0ba902b7", "0" * 16), False),
    ],
)
def test_a_traceparent_is_taken_as_the_standard_has_it(text: str, holds: bool) -> None:
    assert tracing.is_traceparent(text) is holds


OFF = """
import sys
from edge import registry
from services.kit import tracing
from services.kit.data.connection import Connection
from services.kit.data.spans import connection_class
from services.kit.rpc.clients import open_channel, recorded
from services.kit.rpc.interceptors import chain

registry.load_all()
links = chain(metrics=None, mesh_tokens=None, access_tokens=None, revocations=None, limiter=None,
              database=None).outer
SDK = ("opentelemetry.sdk", "opentelemetry.exporter")
channel = open_channel("127.0.0.1:1")
assert recorded("course", channel) is channel
assert connection_class() is Connection
print(*(type(link).__name__ for link in links))
print(*(name for name in sys.modules if name.startswith(SDK)))
"""


def test_off_nothing_of_the_sdk_is_there_and_no_link_is_added() -> None:
    done = subprocess.run(
        [sys.executable, "-c", OFF], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "RequestId Log Metrics Errors\n\n"


def spans_of(spans: Tracing, call: Call, number: int) -> None:
    for _ in range(number):
        span = spans.begin(call, "SELECT lessons", "CLIENT")
        assert span is not None
        tracing.end(span)


def test_a_collector_that_is_away_holds_up_nothing() -> None:
    """Four times as many spans as may wait: what the collector would take a second for each."""
    spans = Tracing("course", "1", f"http://127.0.0.1:{free_port()}")
    began = time.process_time()
    spans_of(spans, Call("test", traceparent=PARENT), 4 * tracing.WAITING_SPANS)
    # 20 us each where the machine is free; the limit is for one that is not.
    assert time.process_time() - began < 4 * tracing.WAITING_SPANS * 1e-3
    began = time.monotonic()
    spans.stop()
    assert time.monotonic() - began < tracing.STOP_SECONDS + 3


def test_a_process_that_stops_sends_what_waits() -> None:
    with collecting() as collector:
        spans = Tracing("course", "1", collector.endpoint)
        spans_of(spans, Call("test", traceparent=PARENT), 3)
        spans.stop()
        assert len(eventually(lambda: collector.trace(TRACE))) == 3


def test_what_the_door_did_not_record_no_service_records() -> None:
    spans = Tracing("course", "1", f"http://127.0.0.1:{free_port()}")
    for parent in ("", PARENT[:-2] + "00"):
        call = Call("test", traceparent=parent)
        spans.enter(call, "stellr.course.v1.CourseService/GetCourse", "SERVER")
        assert (call.span, call.traceparent) == (None, parent)
        spans.leave(call)
    spans.stop()
