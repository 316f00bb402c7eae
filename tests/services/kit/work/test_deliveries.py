import threading
from typing import Any

import pytest

from services.kit import call as calls
from services.kit.data.database import Database
from services.kit.process.runtime import Runtime
from stellr.notification.v1 import notification_internal_service_pb2_grpc as notification_grpc
from tests.services.kit.harness import Kit, message, notifications, serving, working


def send_from(runtime: Runtime) -> Any:
    stub = notification_grpc.NotificationInternalServiceStub(runtime.channel("notification"))
    return runtime.jobs.delivery(stub.SendNotification)


def test_a_delivery_reaches_its_service_also_when_that_comes_later(
    kit: Kit, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    received: list[tuple[Any, calls.Call | None]] = []
    arrived = threading.Event()
    with serving(kit.runtime(notifications(lambda _: None))) as port:
        pass

    def take(request: Any) -> None:
        received.append((request, calls.current()))
        arrived.set()

    monkeypatch.setenv("STELLR_TARGET_NOTIFICATION", f"127.0.0.1:{port}")
    caller = kit.runtime(None, name="user", url=database.url, calls=("notification",))
    send = send_from(caller)
    with working(caller) as runtime:
        token = calls.enter(calls.Call("/x/Y", request_id="request-17"))
        with runtime.database.transaction():
            send(message())
        calls.leave(token)
        assert not arrived.wait(1)
        # The service "user" may call; the listener takes the port that was its before.
        server = kit.runtime(notifications(take))
        with serving(server, f"127.0.0.1:{port}"):
            assert arrived.wait(15)
    request, call = received[0]
    assert request == message()
    assert call
    assert (call.request_id, call.caller.service) == ("request-17", "user")


def test_a_delivery_is_checked_when_it_is_put_together(
    kit: Kit, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STELLR_TARGET_NOTIFICATION", "127.0.0.1:1")
    runtime = kit.runtime(None, name="user", url=database.url, calls=("notification",))
    assert send_from(runtime)
    with pytest.raises(TypeError, match="no method of a stub"):
        runtime.jobs.delivery(lambda request: None)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"two tasks of the name /stellr\.notification"):
        send_from(runtime)
    runtime.close()
