from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from grpc_health.v1 import health_pb2
from grpc_health.v1.health_pb2_grpc import HealthStub

from services.kit.rpc.health import Health

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
CALLS = ("", "stellr.quiz.v1.QuizService")


@pytest.fixture
def health() -> Health:
    return Health(CALLS[1:], ["jobs"])


@pytest.fixture
def stub(health: Health) -> Iterator[HealthStub]:
    # The only thread of the server is never needed: health has its own.
    server = grpc.server(ThreadPoolExecutor(1))
    health.add_to(server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield HealthStub(channel)
    server.stop(None).wait(5)


def told(stub: HealthStub) -> dict[str, int]:
    """What Check says of each name that List knows; they agree."""
    listed = stub.List(health_pb2.HealthListRequest()).statuses
    found = {
        name: stub.Check(health_pb2.HealthCheckRequest(service=name)).status for name in listed
    }
    assert found == {name: each.status for name, each in listed.items()}
    return found


def test_calls_are_welcome_while_jobs_stand_still(health: Health, stub: HealthStub) -> None:
    health.set(True)
    assert set(told(stub).values()) == {SERVING}
    health.set_background("jobs", False)
    assert told(stub) == {**dict.fromkeys(CALLS, SERVING), "jobs": NOT_SERVING}
    health.set_background("jobs", True)
    assert set(told(stub).values()) == {SERVING}


def test_where_no_calls_are_welcome_nothing_is_well(health: Health, stub: HealthStub) -> None:
    assert set(told(stub).values()) == {NOT_SERVING}
    health.set_background("jobs", True)
    assert set(told(stub).values()) == {NOT_SERVING}
    health.set_background("jobs", False)
    health.set(True)
    assert told(stub)["jobs"] == NOT_SERVING


def test_who_leaves_says_so_for_good(health: Health, stub: HealthStub) -> None:
    health.set(True)
    assert health.stop()
    health.set(True)
    health.set_background("jobs", True)
    assert set(told(stub).values()) == {NOT_SERVING}
    assert not health.is_serving


def test_who_leaves_knows_when_somebody_was_told(health: Health, stub: HealthStub) -> None:
    health.set(True)
    told(stub)
    assert not health.noticed.is_set()
    health.stop()
    assert not health.noticed.is_set()
    told(stub)
    assert health.noticed.is_set()


def test_a_name_that_nobody_has_is_not_found(stub: HealthStub) -> None:
    with pytest.raises(grpc.RpcError) as error:
        stub.Check(health_pb2.HealthCheckRequest(service="mails"))
    assert error.value.code() is grpc.StatusCode.NOT_FOUND
