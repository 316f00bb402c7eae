"""What strangers may send through the public door, and what must not come of it."""

from collections.abc import Callable
from typing import Any

import grpc
import httpx
import pytest

from tests.support import DEMO, Learner, Stack, Visitor, reason

PROFILE = "/stellr.user.v1.UserService/GetProfile"


@pytest.mark.parametrize("name", ["grpc-timeout", "grpc-encoding"])
def test_a_header_that_grpc_cannot_parse_is_refused(visitor: Visitor, name: str) -> None:
    answer = visitor.http.get("/me", headers={name: "nonsense"})
    assert (answer.status_code, answer.json()["code"]) == (400, 3)
    assert name in answer.json()["message"]


@pytest.mark.parametrize("name", ["x-any-bin", "grpc-previous-rpc-attempts", "grpc-status"])
def test_what_else_grpc_parses_is_dropped(visitor: Visitor, name: str) -> None:
    assert visitor.http.get(f"/courses/{DEMO}", headers={name: "!"}).status_code == 200


@pytest.mark.parametrize("kind", ["application/grpcX", "application/grpc+json", "application/json"])
def test_a_grpc_path_takes_grpc_and_protobuf_only(visitor: Visitor, kind: str) -> None:
    answer = visitor.http.post(PROFILE, content=bytes(5), headers={"content-type": kind})
    assert answer.status_code == 404 or answer.headers["grpc-status"] == "12"


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


def test_long_headers_are_no_rate_limit(visitor: Visitor) -> None:
    headers = {"authorization": "Bearer " + "a" * 20_000}
    answer = visitor.http.get("/me", headers=headers)
    assert (answer.status_code, reason(answer)) == (401, "TOKEN_INVALID")
    assert visitor.http.get("/me", headers={"x-long": "a" * 40_000}).status_code == 431
