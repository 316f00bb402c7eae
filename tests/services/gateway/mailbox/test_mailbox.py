"""The mailbox through Envoy's operations listener."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import grpc
import httpx
import pytest

from edge.journey.browser import wait
from tests.support import Stack, Visitor


@pytest.fixture
def url(stack: Stack) -> str:
    return f"{stack.operations_url}/mailbox"


def test_mails_are_listed_and_shown(stack: Stack, visitor: Visitor, url: str) -> None:
    body = {
        "email": "box@learner.example",
        "password": "seven quiet owls by the lake",
        "displayName": "<b>Box</b>",
    }
    assert visitor.post("/register", body).status_code == 200
    wait(10.0, "the mail", lambda: "box@learner.example" in httpx.get(url).text)
    found = httpx.get(f"{url}.json").json()["messages"]
    name = next(each["name"] for each in found if "box@learner.example" in each["to"])
    shown = httpx.get(f"{url}/{name}")
    assert "box@learner.example" in shown.text
    assert 'sandbox="allow-popups' in shown.text
    assert "script-src" not in shown.headers["content-security-policy"]
    html = httpx.get(f"{url}/{name}/html")
    assert "sandbox" in html.headers["content-security-policy"]
    assert "STELLR ACADEMY" in html.text


def test_programs_read_it_as_json(visitor: Visitor, url: str) -> None:
    body = {
        "email": "json@learner.example",
        "password": "seven quiet owls by the lake",
        "displayName": "Json",
    }
    assert visitor.post("/register", body).status_code == 200

    def mine() -> list[dict[str, str]]:
        answer = httpx.get(f"{url}.json")
        assert answer.headers["content-type"].startswith("application/json")
        return [each for each in answer.json()["messages"] if "json@learner" in each["to"]]

    (mail,) = wait(10.0, "the mail", mine)
    assert mail["kind"] == "mail"
    assert len(mail["code"]) == 6
    assert mail["code"] in mail["text"]
    assert httpx.get(f"{url}.json", headers={"host": "evil.example"}).status_code == 404


def test_nothing_of_it_is_public(stack: Stack, url: str) -> None:
    assert httpx.get(url).status_code == 200
    for path in ("/mailbox", "/mailbox.json", "/mailbox/x.eml", "/mailbox/x.eml/html"):
        assert httpx.get(f"{stack.url}{path}").status_code == 404


def test_a_page_of_another_name_cannot_read_it(url: str) -> None:
    for host in ("evil.example", "evil.example:8081", "", "[", "localhost.evil.example"):
        found = httpx.get(url, headers={"host": host})
        assert found.status_code in (400, 404)
        assert "<html" not in found.text


def test_nor_by_grpc(stack: Stack) -> None:
    """HTTP/1.1 carries it too, so that a page could send it."""
    rpc = "/stellr.gateway.v1.OperationsService/GetMailbox"
    address = urlsplit(stack.operations_url).netloc
    for host, code in (("evil.example", grpc.StatusCode.UNIMPLEMENTED), (address, None)):
        options = (("grpc.default_authority", host),)
        with grpc.insecure_channel(address, options=options) as channel:
            call: Any = channel.unary_stream(rpc)(b"", timeout=10)
            if code is None:
                assert b"Mailbox" in b"".join(call)
            else:
                with pytest.raises(grpc.RpcError):
                    list(call)
                assert call.code() is code


@pytest.mark.parametrize("path", ["/metrics", "/mailbox"])
def test_a_page_of_others_can_read_nothing(stack: Stack, path: str) -> None:
    origin = {"origin": "https://evil.example"}
    found = httpx.get(f"{stack.operations_url}{path}", headers=origin)
    assert found.status_code == 200
    assert "access-control-allow-origin" not in found.headers
    for host in ("evil.example:8081", "evil.example.", "7.evil", "a.svc.evil.example", ".", "7."):
        led = httpx.get(f"{stack.operations_url}{path}", headers={"host": host})
        assert led.status_code == 404, host


@pytest.mark.parametrize(
    "host", ["localhost", "10.1.2.3:8081", "[::1]:8081", "envoy:8081", "operations.stellr.svc:8081"]
)
def test_metrics_are_read_by_an_address_and_by_names_of_a_network(stack: Stack, host: str) -> None:
    assert httpx.get(f"{stack.operations_url}/metrics", headers={"host": host}).status_code == 200


def test_what_is_not_there_is_not_found(url: str) -> None:
    for name in ("nothing.eml", "..%2Fkeys%2Fsecret", "run.json"):
        assert httpx.get(f"{url}/{name}").status_code in (400, 404)
