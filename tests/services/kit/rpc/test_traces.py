"""Where a call stands in its trace goes on to whom it asks, also where traces are off."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from structlog.testing import capture_logs

from services.kit import call as calls
from services.kit.errors import NotFound
from stellr.errors.v1.reason_pb2 import Reason
from tests.services.kit.harness import Kit, message, notifications, send, serving

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


class Gone(NotFound):
    reason = Reason.REASON_USER_NOT_FOUND
    message = "gone"


@pytest.mark.parametrize(
    ("sent", "heard"),
    [
        ({"traceparent": PARENT, "tracestate": "page=1"}, (PARENT, "page=1")),
        ({"traceparent": PARENT}, (PARENT, "")),
        ({"traceparent": "x" * 100, "tracestate": "page=1"}, ("", "")),
        ({}, ("", "")),
    ],
)
def test_a_call_goes_on_where_its_trace_is(
    kit: Kit, sent: dict[str, str], heard: tuple[str, str]
) -> None:
    seen: list[Any] = []

    def work(_: Any) -> None:
        this = calls.current()
        assert this is not None
        seen.append((this.traceparent, this.tracestate))
        seen.append(dict(channel.metadata()).get("traceparent", ""))

    with (
        serving(kit.runtime(notifications(work))) as port,
        kit.channel("user", "notification", port) as channel,
        grpc.insecure_channel(channel.target) as plain,
    ):
        send(plain)(message(), metadata=[*channel.metadata(), *sent.items()])
    assert seen == [heard, heard[0]]


def test_a_call_is_one_line_with_what_it_was_told(kit: Kit) -> None:
    def work(_: Any) -> None:
        raise Gone

    with (
        capture_logs() as logs,
        serving(kit.runtime(notifications(work))) as port,
        kit.channel("user", "notification", port) as channel,
        pytest.raises(NotFound),
    ):
        send(channel)(message())
    (line,) = [line for line in logs if line["event"] == "rpc"]
    assert line.pop("duration_ms") >= 0
    assert line == {
        "event": "rpc",
        "log_level": "info",
        "rpc": "stellr.notification.v1.NotificationInternalService/SendNotification",
        "code": "NOT_FOUND",
        "reason": "USER_NOT_FOUND",
        "user_id": "",
        "peer": "user",
    }
