"""How the public door speaks HTTP: to browsers, to robots and to those who make a mistake."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.support import DEMO, Learner, Stack, Visitor, reason, violations

PAGE = "/verify/AAAA-BBBB"


@pytest.fixture(name="signed")
def _signed(enrolled: Callable[..., Learner], lessons: list[dict[str, Any]]) -> str:
    """The path and query of a signed link to a PDF."""
    person = enrolled()
    for lesson in lessons:
        pdfs = person.get(f"/media/lesson/{lesson['lessonId']}").json()["pdfs"]
        if pdfs:
            parts = urlsplit(pdfs[0]["url"])
            return f"{parts.path}?{parts.query}"
    raise AssertionError("the demo course has no PDF")


def bare(answer: httpx.Response) -> dict[str, str]:
    """The headers that do not differ from answer to answer."""
    passing = {"date", "x-request-id", "transfer-encoding"}
    return {name: value for name, value in answer.headers.items() if name not in passing}


@pytest.mark.parametrize(
    "path", ["/healthz", "/readyz", "/courses", f"/courses/{DEMO}", PAGE, "/me", "/nothing"]
)
def test_head_is_get_without_the_body(visitor: Visitor, path: str) -> None:
    head, get = visitor.http.head(path), visitor.http.get(path)
    assert (head.status_code, head.content) == (get.status_code, b"")
    assert bare(head) == bare(get)


def test_head_of_a_file(visitor: Visitor, signed: str) -> None:
    head, get = visitor.http.head(signed), visitor.http.get(signed)
    assert (head.status_code, head.content) == (200, b"")
    assert bare(head) == bare(get)
    assert get.content.startswith(b"%PDF-")


def test_a_connection_goes_on_after_head(visitor: Visitor) -> None:
    for _ in range(3):
        assert visitor.http.head("/courses").status_code == 200
        assert visitor.http.get("/healthz").json() == {"status": "ok"}


@pytest.mark.parametrize(
    "body",
    [
        '{"answers":[null]}',
        '{"answers":[{"optionIds":["a", null ]}]}',
        '{"a":{"b":[{"c":"\\\\"},[null]]}}',
        '{"a":["]",null]}',
    ],
)
@pytest.mark.parametrize("kind", ["application/json", "text/plain", ""])
def test_a_null_in_a_list_is_refused(visitor: Visitor, body: str, kind: str) -> None:
    answer = visitor.http.post("/quiz/x/submit", content=body, headers={"content-type": kind})
    assert (answer.status_code, reason(answer)) == (400, "REQUEST_MALFORMED")
    assert answer.json()["message"] == "a list in the body holds null"


@pytest.mark.parametrize(
    "body",
    [
        '{"answers":null}',
        '{"answers":[{"questionId":null}]}',
        '{"answers":[],"more":null}',
        '{"answers":[{"questionId":"[null]"}]}',
        '{"answers":[{"questionId":"\\"[null"}]}',
    ],
)
def test_a_null_elsewhere_is_a_field_that_is_not_there(visitor: Visitor, body: str) -> None:
    answer = visitor.http.post("/quiz/x/submit", content=body)
    assert (answer.status_code, reason(answer)) == (401, "SIGN_IN_REQUIRED")


def test_where_there_is_no_get_there_is_no_head(visitor: Visitor) -> None:
    answer = visitor.http.head("/login")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert visitor.http.delete("/enrollments").headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize("added", ["fbclid=IwAR1", "utm_source=a&utm_medium=b", "_=170", "a.b.c=1"])
@pytest.mark.parametrize("path", ["/healthz?", "/readyz?", "/.well-known/jwks.json?", f"{PAGE}?"])
def test_what_is_opened_by_its_address_ignores_what_is_added(
    visitor: Visitor, path: str, added: str
) -> None:
    assert visitor.http.get(path + added).status_code == visitor.http.get(path[:-1]).status_code


def test_a_signed_link_and_a_mailed_one_ignore_what_is_added(visitor: Visitor, signed: str) -> None:
    assert visitor.http.get(f"{signed}&utm_source=mail").content.startswith(b"%PDF-")
    mailed = "/verify-email?verificationId=7&code=123456"
    assert visitor.http.get(f"{mailed}&utm_source=mail").status_code == 200


@pytest.mark.parametrize("path", ["/courses", f"/courses/{DEMO}", "/me", "/certificates/AAAA"])
def test_the_api_refuses_an_unknown_parameter_by_name(visitor: Visitor, path: str) -> None:
    answer = visitor.get(path, utm_source="x")
    assert (answer.status_code, reason(answer)) == (400, "INVALID_FIELDS")
    assert violations(answer) == {"utm_source": "there is no such parameter"}
    assert "stellr." not in answer.text.replace("stellr.academy", "")


def test_what_a_parameter_is_called_does_not_break_the_answer(stack: Stack) -> None:
    # By hand, as a client library would escape it.
    connection = http.client.HTTPConnection("127.0.0.1", stack.port)
    connection.putrequest("GET", '/courses?"\\x=1')
    connection.endheaders()
    answer = json.loads(connection.getresponse().read())
    connection.close()
    assert answer["details"][1]["fieldViolations"][0]["field"] == '"\\x'


def test_a_plus_in_a_query_is_a_space(visitor: Visitor) -> None:
    plus, percent = (visitor.http.get(f"/courses?orderBy=title{sep}desc") for sep in ("+", "%20"))
    assert plus.status_code == 200
    assert plus.json() == percent.json()
    answer = visitor.http.get("/courses?orderBy=title%2Bdesc")
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("body", "field", "description"),
    [
        ('{"email": 5}', "email", "must be a text"),
        ('{"email": {"a": 1}}', "email", "must be no object"),
        ('{"password": true}', "password", "must be a text"),
    ],
)
def test_a_value_of_the_wrong_kind_is_named(
    visitor: Visitor, body: str, field: str, description: str
) -> None:
    answer = visitor.http.post("/login", content=body)
    assert (answer.status_code, reason(answer)) == (400, "INVALID_FIELDS")
    assert violations(answer) == {field: description}
    assert answer.json()["message"] == f"{field}: {description}"


def test_a_parameter_of_the_wrong_kind_is_named(visitor: Visitor) -> None:
    answer = visitor.get("/courses", pageSize="many")
    assert violations(answer) == {"pageSize": "must be a whole number"}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('{"email":', "the body is not valid JSON"),
        ("secret", "the body is not valid JSON"),
        ('{"email": "a" "b": 1}', "the body is not valid JSON"),
        ("[1]", "the body must be a JSON object"),
        ('"x"', "the body must be a JSON object"),
        ('{"email": ["a"]}', "a list stands where one value belongs"),
    ],
)
def test_json_that_is_none_is_told_in_plain_words(
    visitor: Visitor, body: str, message: str
) -> None:
    answer = visitor.http.post("/login", content=body)
    assert (answer.status_code, reason(answer)) == (400, "REQUEST_MALFORMED")
    assert (answer.json()["code"], answer.json()["message"]) == (3, message)
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        (("GET", "/nothing"), (404, 5, "PATH_NOT_FOUND")),
        (("PUT", "/me"), (405, 12, "METHOD_NOT_ALLOWED")),
        (("GET", "/me%2fx"), (400, 3, "REQUEST_MALFORMED")),
    ],
)
def test_envoy_answers_like_a_service(
    visitor: Visitor, request_: tuple[str, str], told: tuple[int, int, str]
) -> None:
    answer = visitor.http.request(*request_)
    assert (answer.status_code, answer.json()["code"], reason(answer)) == told
    assert set(answer.json()) == {"code", "message", "details"}


@pytest.mark.parametrize("path", ["/courses", "/me", PAGE, "/nothing", "/healthz"])
def test_nothing_of_grpc_is_in_an_answer_of_http(visitor: Visitor, path: str) -> None:
    answer = visitor.http.get(path)
    assert not [name for name in answer.headers if name.startswith(("grpc-", "x-stellr-"))]
    assert "x-http-code" not in answer.headers
    assert answer.headers["referrer-policy"] == "no-referrer"


def test_other_origins_may_send_what_the_api_takes(visitor: Visitor) -> None:
    asks = {"origin": "http://app.example", "access-control-request-method": "POST"}
    answer = visitor.http.options("/login", headers=asks)
    allowed = answer.headers["access-control-allow-headers"].split(", ")
    assert {"authorization", "idempotency-key", "prefer", "x-request-id", "x-grpc-web"} <= set(
        allowed
    )
    assert answer.status_code == 200


@pytest.mark.parametrize("name", ["a'b", "x+y", "a|b", "#", "~", "per%cent"])
def test_a_header_whose_name_grpc_does_not_take_does_no_harm(visitor: Visitor, name: str) -> None:
    answer = visitor.http.get("/healthz", headers={name: "1"})
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
