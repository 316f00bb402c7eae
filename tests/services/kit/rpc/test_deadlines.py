import threading
import time
from typing import Any

import grpc
import pytest

from services.kit import call as calls
from services.kit.errors import DeadlineExceeded, Unavailable
from tests.services.kit.harness import Kit, message, notifications, send, serving
from tests.support import eventually

RESOURCE_EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED


def test_a_peer_has_no_more_time_than_our_caller_gives(kit: Kit) -> None:
    left: list[float | None] = []

    def note(_: Any) -> None:
        call = calls.current()
        left.append(call.time_left() if call else None)

    with (
        serving(kit.runtime(notifications(note))) as port,
        kit.channel("auth", "notification", port) as channel,
    ):
        for seconds in (None, 3.0):
            deadline = None if seconds is None else time.monotonic() + seconds
            token = calls.enter(calls.Call("test", deadline=deadline))
            send(channel)(message())
            calls.leave(token)
    alone, travelled = left
    assert alone is not None
    # gRPC rounds a time up when it sends it.
    assert 3 < alone < 5.1
    assert travelled is not None
    assert 1 < travelled < 3


def test_nobody_is_asked_when_the_time_is_over(kit: Kit) -> None:
    called: list[Any] = []
    with (
        serving(kit.runtime(notifications(called.append))) as port,
        kit.channel("auth", "notification", port) as channel,
    ):
        token = calls.enter(calls.Call("test", deadline=time.monotonic() + 0.01))
        with pytest.raises(DeadlineExceeded):
            send(channel)(message())
        calls.leave(token)
    assert called == []


def test_a_peer_that_takes_too_long_is_a_deadline(kit: Kit) -> None:
    with (
        serving(kit.runtime(notifications(lambda _: time.sleep(0.6)))) as port,
        kit.channel("auth", "notification", port) as channel,
        pytest.raises(DeadlineExceeded) as refused,
    ):
        send(channel)(message(), timeout=0.2)
    assert refused.value.message == "notification did not answer in time"


def test_a_peer_that_is_away_is_unavailable(kit: Kit) -> None:
    with serving(kit.runtime(notifications(lambda _: None))) as port:
        pass
    with kit.channel("auth", "notification", port) as channel, pytest.raises(Unavailable):
        send(channel)(message())


def test_request_id_and_person_travel_along(kit: Kit) -> None:
    heard: list[calls.Call | None] = []
    with (
        serving(kit.runtime(notifications(lambda _: heard.append(calls.current())))) as port,
        kit.channel("auth", "notification", port) as channel,
    ):
        token = calls.enter(calls.Call("test", request_id="r-1"))
        send(channel)(message())
        calls.leave(token)
    (call,) = heard
    assert call is not None
    assert (call.request_id, call.caller.service) == ("r-1", "auth")


def test_a_server_that_is_full_refuses_at_once(kit: Kit) -> None:
    go_on = threading.Event()
    runtime = kit.runtime(notifications(lambda _: go_on.wait(20)), threads=1, waiting_calls=4)
    proof = [("x-stellr-service", kit.mesh_tokens("auth").token_for("notification"))]
    with serving(runtime) as port, grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        rpc: Any = send(channel)
        asked = [rpc.future(message(), metadata=proof, timeout=20) for _ in range(9)]
        eventually(lambda: sum(call.done() for call in asked) == 4)
        assert {call.code() for call in asked if call.done()} == {RESOURCE_EXHAUSTED}
        go_on.set()
        codes = [call.code() for call in asked]
    assert codes.count(grpc.StatusCode.OK) == 5
