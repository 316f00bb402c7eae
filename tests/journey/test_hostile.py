"""What strangers may send through the public door, and what must not come of it."""

import gzip
import secrets
import threading
from collections.abc import Callable, Iterator
from typing import Any

import grpc
import httpx
import pytest

from tests.support import DEMO, Learner, Stack, Visitor, eventually, reason, violations

PROFILE = "/stellr.user.v1.UserService/GetProfile"


@pytest.mark.parametrize("name", ["grpc-timeout", "grpc-encoding"])
def test_a_header_that_grpc_cannot_parse_is_refused(visitor: Visitor, name: str) -> None:
    answer = visitor.http.get("/me", headers={name: "nonsense"})
    assert (answer.status_code, answer.json()["code"]) == (400, 3)
    assert name in answer.json()["message"]


@pytest.mark.parametrize("name", ["x-any-bin", "grpc-previous-rpc-attempts", "grpc-status"])
def test_what_else_grpc_parses_is_dropped(visitor: Visitor, name: str) -> None:
    assert visitor.http.get(f"/courses/{DEMO}", headers={name: "!"}).status_code == 200


@pytest.mark.parametrize("path", ["/docs", f"/courses/{DEMO}"])
def test_an_unknown_expectation_is_ignored(visitor: Visitor, path: str) -> None:
    answer = visitor.http.get(path, headers={"expect": "<b>"})
    assert answer.status_code == 200
    assert "<b>" not in answer.text


def test_what_the_door_tells_itself_is_not_taken_from_outside(
    stack: Stack, visitor: Visitor
) -> None:
    name = f"M{secrets.token_hex(8)}"
    told = {"x-envoy-original-method": name, "x-envoy-original-path": f"/{name}"}
    request_id = visitor.http.get("/nothing", headers=told).headers["x-request-id"]
    log = stack.state / "logs" / "envoy.log"
    line = eventually(lambda: next((each for each in log.open() if request_id in each), None))
    assert name not in line


@pytest.mark.parametrize("kind", ["application/grpcX", "application/grpc+json", "application/json"])
def test_a_grpc_path_takes_grpc_and_protobuf_only(visitor: Visitor, kind: str) -> None:
    answer = visitor.http.post(PROFILE, content=bytes(5), headers={"content-type": kind})
    assert answer.status_code == 404 or answer.headers["grpc-status"] == "12"


@pytest.mark.parametrize("headers", [{}, {"content-type": "application/grpc"}])
def test_a_grpc_path_takes_post_only(visitor: Visitor, headers: dict[str, str]) -> None:
    answer = visitor.http.get(PROFILE, headers=headers)
    assert answer.status_code == 404 or answer.headers["grpc-status"] == "12"


def test_a_compressed_body_is_refused(visitor: Visitor) -> None:
    body = gzip.compress(b'{"email": "a@learner.example", "password": "%s"}' % (b"x" * 100_000))
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    answer = visitor.http.post("/login", content=body, headers=headers)
    assert (answer.status_code, reason(answer)) == (415, "CONTENT_NOT_SUPPORTED")
    assert answer.headers["accept-encoding"] == "identity"


def test_a_compressed_message_is_refused(stack: Stack) -> None:
    with grpc.insecure_channel(f"127.0.0.1:{stack.port}") as channel:
        call: Any = channel.unary_unary(PROFILE)
        with pytest.raises(grpc.RpcError) as refusal:
            call(b"", timeout=5, compression=grpc.Compression.Gzip)
    assert refusal.value.code() is grpc.StatusCode.UNIMPLEMENTED
    assert "identity" in refusal.value.details()


def test_a_body_above_a_mebibyte_is_refused(visitor: Visitor, stack: Stack) -> None:
    small, large = ({"email": "x" * size} for size in (1_000_000, 1_100_000))
    assert visitor.post("/login", small).status_code == 400
    answer = visitor.post("/login", large)
    assert (answer.status_code, answer.json()["code"]) == (413, 8)
    assert reason(answer) == "BODY_TOO_LARGE"
    with grpc.insecure_channel(f"127.0.0.1:{stack.port}") as channel:
        call: Any = channel.unary_unary(PROFILE)
        with pytest.raises(grpc.RpcError) as refusal:
            call(bytes(1_100_000), timeout=5)
    assert refusal.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


@pytest.mark.parametrize(
    ("service", "hint"),
    [("grpc.reflection.v1.ServerReflection", "stellr.binpb"), ("any.Service", "nothing")],
)
def test_a_stream_to_what_is_not_there_is_answered_at_once(
    stack: Stack, service: str, hint: str
) -> None:
    """As a tool asks for reflection: it sends one message and keeps its side open."""
    done = threading.Event()

    def requests() -> Iterator[bytes]:
        yield b":\x00"
        done.wait(10)

    with grpc.insecure_channel(f"127.0.0.1:{stack.port}") as channel:
        call: Any = channel.stream_stream(f"/{service}/ServerReflectionInfo")
        try:
            with pytest.raises(grpc.RpcError) as refusal:
                list(call(requests(), timeout=5))
        finally:
            done.set()
    assert refusal.value.code() is grpc.StatusCode.UNIMPLEMENTED
    assert hint in refusal.value.details()


def test_what_one_caller_sends_spoils_nothing_for_another(
    stack: Stack, learner: Callable[..., Learner]
) -> None:
    person = learner()
    for number in range(20):
        bad = {"grpc-timeout": "1", "content-type": f"application/grpc-{number}"}
        httpx.post(f"{stack.url}{PROFILE}", content=bytes(5), headers=bad)
    metadata = (("authorization", f"Bearer {person.token}"),)
    with grpc.insecure_channel(f"127.0.0.1:{stack.port}") as channel:
        call: Any = channel.unary_unary(PROFILE)
        for _ in range(20):
            call(b"", timeout=5, metadata=metadata)
            assert person.get("/me").status_code == 200


@pytest.mark.parametrize("path", ["/courses/%ff", "/courses?q=%ff", "/certificates/%c3%28"])
def test_text_that_is_not_utf8_is_the_callers_mistake(visitor: Visitor, path: str) -> None:
    answer = visitor.http.get(path)
    assert (answer.status_code, reason(answer)) == (400, "REQUEST_MALFORMED")


def test_a_path_says_what_is_asked_for(visitor: Visitor, learner: Callable[..., Learner]) -> None:
    answer = visitor.get("/courses/another", course=DEMO)
    assert (answer.status_code, reason(answer)) == (400, "INVALID_FIELDS")
    assert violations(answer) == {"course": "must not be another than in the path"}
    assert visitor.get(f"/courses/{DEMO}", course=DEMO).status_code == 200
    answer = learner().post("/courses/another/enroll", {"course": DEMO})
    assert violations(answer) == {"course": "must not be another than in the path"}


def test_long_headers_are_no_rate_limit(visitor: Visitor) -> None:
    headers = {"authorization": "Bearer " + "a" * 20_000}
    answer = visitor.http.get("/me", headers=headers)
    assert (answer.status_code, reason(answer)) == (401, "TOKEN_INVALID")
    assert visitor.http.get("/me", headers={"x-long": "a" * 40_000}).status_code == 431


def test_envoys_admin_does_what_the_project_asks_of_it_alone(stack: Stack) -> None:
    admin = f"http://127.0.0.1:{stack.run['admin_port']}"
    for path in ("/stats?format=json", "/stats/prometheus?usedonly", "/clusters?format=json"):
        assert httpx.get(admin + path).status_code == 200
    for path in ("/config_dump", "/server_info", "/certs", "/stats/recentlookups"):
        assert httpx.get(admin + path).status_code == 403
    # As any page that is open in a browser on this machine may ask.
    for path in ("/logging?level=off", "/healthcheck/fail", "/reset_counters", "/quitquitquit"):
        assert httpx.post(admin + path).status_code == 403
