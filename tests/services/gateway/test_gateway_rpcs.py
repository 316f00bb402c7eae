import time
from collections.abc import Callable

import grpc
import httpx
import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from edge import registry
from services.kit.rpc.clients import MeshChannel, streams_of
from stellr.gateway.v1.gateway_internal_service_pb2 import ImportBundleRequest
from stellr.gateway.v1.gateway_internal_service_pb2_grpc import GatewayInternalServiceStub
from tests.support import PATIENCE, Learner, Stack, Visitor, eventually, standing_still, started

ALL_UP = dict.fromkeys([*registry.SERVICES, "envoy"], 1)


def metrics(stack: Stack) -> httpx.Response:
    return httpx.get(f"{stack.operations_url}/metrics", timeout=20)


def up(stack: Stack) -> dict[str, float]:
    families = text_string_to_metric_families(metrics(stack).text)
    found = next(family for family in families if family.name == "stellr_up")
    return {sample.labels["service"]: sample.value for sample in found.samples}


def test_health_asks_nobody(visitor: Visitor, learner: Callable[..., Learner]) -> None:
    for somebody in (visitor, learner()):
        answer = somebody.get("/healthz")
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert visitor.post("/healthz").status_code in (404, 405)


def test_readiness_names_every_service_in_a_fixed_order(visitor: Visitor) -> None:
    # On a busy machine somebody may not answer within a second.
    answer = eventually(lambda: _all_serving(visitor))
    assert answer.status_code == 200
    assert answer.json()["ready"] is True
    services = answer.json()["services"]
    assert [each["name"] for each in services] == sorted(registry.SERVICES)
    assert all(0 <= float(each["latency"].removesuffix("s")) < 2 for each in services)


def _all_serving(visitor: Visitor) -> httpx.Response | None:
    answer = visitor.get("/readyz")
    found = {each["state"] for each in answer.json()["services"]}
    return answer if found == {"SERVING"} else None


def test_what_is_not_well_is_told() -> None:
    with started() as own:
        visitor = Visitor(own)
        _fail_a_job(own)
        _freeze(own, visitor)
        eventually(lambda: states(visitor)["user"] == "DEGRADED", 15)
        # Calls are answered, so the academy is ready.
        eventually(lambda: _ready_though_degraded(visitor))
        assert "stellr_jobs_failing_seconds" in metrics(own).text


def _ready_though_degraded(visitor: Visitor) -> bool:
    told = visitor.get("/readyz").json()
    found = {each["name"]: each["state"] for each in told["services"]}
    return told["ready"] is True and found["user"] == "DEGRADED"


def states(visitor: Visitor) -> dict[str, str]:
    """Each service's state by /readyz."""
    services = visitor.get("/readyz").json()["services"]
    return {each["name"]: each["state"] for each in services}


def _fail_a_job(stack: Stack) -> None:
    """Leave a job that has failed for an hour and waits for another try."""
    with psycopg.connect(stack.run["databases"]["user"]) as connection:
        connection.execute(
            "INSERT INTO procrastinate_jobs"
            " (queue_name, task_name, args, attempts, scheduled_at, failing_since)"
            " VALUES ('normal', 'never', '{}', 3, now() + interval '1 h', now() - interval '1 h')"
        )


def _freeze(stack: Stack, visitor: Visitor) -> None:
    with standing_still([stack.part("certificate-0")["pid"]]):
        eventually(lambda: _certificate_alone_is_away(visitor), 10)
        began = time.monotonic()
        assert up(stack)["certificate"] == 0
        assert time.monotonic() - began < 5 * PATIENCE
        # The others answer; on a busy machine not each of them each time.
        eventually(lambda: up(stack) == {**ALL_UP, "certificate": 0})
    assert eventually(lambda: visitor.get("/readyz").status_code == 200, 10)


def _certificate_alone_is_away(visitor: Visitor) -> bool:
    answer = visitor.get("/readyz")
    found = {each["name"]: each["state"] for each in answer.json()["services"]}
    told = (answer.status_code, answer.json()["ready"], found.pop("certificate"))
    return told == (503, False, "UNREACHABLE") and set(found.values()) <= {"SERVING", "DEGRADED"}


def test_metrics_of_all_are_valid_and_only_for_operators(stack: Stack, visitor: Visitor) -> None:
    visitor.get("/courses")
    answer = metrics(stack)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    families = list(text_string_to_metric_families(answer.text))
    types = [line for line in answer.text.splitlines() if line.startswith("# TYPE ")]
    assert len(types) == len({line.split()[2] for line in types})
    assert any(family.name.startswith("envoy_") for family in families)
    calls = next(family for family in families if family.name == "stellr_rpc_seconds")
    services = {sample.labels["service"] for sample in calls.samples}
    assert {"course", "gateway"} <= services
    eventually(lambda: up(stack) == ALL_UP)
    samples = [(s.name, tuple(sorted(s.labels.items()))) for f in families for s in f.samples]
    assert len(samples) == len(set(samples))


def test_metrics_are_not_public(visitor: Visitor) -> None:
    answer = visitor.get("/metrics")
    assert (answer.status_code, answer.json()["code"]) == (404, 5)


def test_only_the_operator_imports(
    stack: Stack, mesh: Callable[[str, str], MeshChannel], learner: Callable[..., Learner]
) -> None:
    request = ImportBundleRequest(chunk=b"x")
    with grpc.insecure_channel(streams_of(stack.target("gateway"))) as channel:
        stub = GatewayInternalServiceStub(channel)
        for metadata in ((), (("authorization", f"Bearer {learner().token}"),)):
            with pytest.raises(grpc.RpcError) as error:
                next(stub.ImportBundle(iter([request]), metadata=metadata))
            assert error.value.code() == grpc.StatusCode.UNAUTHENTICATED
    stub = GatewayInternalServiceStub(mesh("certificate", "gateway"))
    with pytest.raises(grpc.RpcError) as error:
        next(stub.ImportBundle(iter([request])))
    assert error.value.code() == grpc.StatusCode.PERMISSION_DENIED


def test_a_piece_out_of_bounds_is_refused(mesh: Callable[[str, str], MeshChannel]) -> None:
    stub = GatewayInternalServiceStub(mesh("operator", "gateway"))
    request = ImportBundleRequest(chunk=bytes(256 * 1024 + 1))
    with pytest.raises(grpc.RpcError) as error:
        next(stub.ImportBundle(iter([request])))
    assert error.value.code() == grpc.StatusCode.INVALID_ARGUMENT
