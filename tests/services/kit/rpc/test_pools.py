import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from services.kit.rpc.server import Registration
from stellr.runtime.v1.runtime_service_pb2 import GetMetricsRequest
from stellr.runtime.v1.runtime_service_pb2_grpc import RuntimeServiceStub
from stellr.user.v1 import user_service_pb2 as pb
from stellr.user.v1.profile_pb2 import Profile
from stellr.user.v1.user_service_pb2_grpc import add_UserServiceServicer_to_server
from tests.services.kit.harness import (
    Kit,
    Users,
    bearer,
    message,
    notifications,
    send,
    serving,
    user_stub,
)

CALLS = 8


@pytest.fixture
def waiting() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(CALLS, thread_name_prefix="waiting") as pool:
        yield pool


def test_calls_that_wait_in_threads_of_their_own_hold_up_no_other(
    kit: Kit, waiting: ThreadPoolExecutor
) -> None:
    go_on, entered = threading.Event(), threading.Semaphore(0)

    def work(request: object) -> Profile:
        if isinstance(request, pb.GetProfileRequest):
            entered.release()
            assert go_on.wait(10)
        return Profile(display_name=threading.current_thread().name)

    registration = Registration(
        add_UserServiceServicer_to_server, Users(work), pools={"GetProfile": waiting}
    )
    proof = bearer(kit.token(uuid4(), uuid4()))
    with serving(kit.runtime(registration, threads=1)) as port:
        stub = user_stub(port)
        held = [
            stub.GetProfile.future(pb.GetProfileRequest(), metadata=proof) for _ in range(CALLS)
        ]
        try:
            for _ in held:
                assert entered.acquire(timeout=10)
            request = pb.UpdateProfileRequest(profile={"bio": "Hello"})
            answered = stub.UpdateProfile(request, metadata=proof, timeout=5)
            assert answered.display_name.startswith("rpc")
        finally:
            go_on.set()
        names = {call.result(timeout=10).display_name for call in held}
    assert all(name.startswith("waiting") for name in names)


def test_metrics_are_told_while_all_threads_wait(kit: Kit) -> None:
    go_on, entered = threading.Event(), threading.Event()

    def work(_: object) -> None:
        entered.set()
        assert go_on.wait(20)

    with (
        serving(kit.runtime(notifications(work), threads=1)) as port,
        kit.channel("auth", "notification", port) as auth,
        kit.channel("gateway", "notification", port) as gateway,
        ThreadPoolExecutor(1) as another,
    ):
        held = another.submit(send(auth), message(), timeout=20)
        try:
            assert entered.wait(10)
            answer = RuntimeServiceStub(gateway).GetMetrics(GetMetricsRequest(), timeout=10)
        finally:
            go_on.set()
        held.result(20)
    assert "stellr_rpc_waiting" in answer.text
