"""How the public door speaks HTTP: to browsers, to robots and to those who make a mistake."""

from __future__ import annotations

import http.client
import json
import re
import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import h2.config
import h2.connection
import h2.events
import httpx
import pytest

from services.kit.pages import look
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
    head = visitor.http.head(path)
    get = visitor.http.get(path, headers={"accept-encoding": "identity"})
    assert (head.status_code, head.content) == (get.status_code, b"")
    assert bare(head) == bare(get)


def test_head_of_a_file(visitor: Visitor, signed: str) -> None:
    head, get = visitor.http.head(signed), visitor.http.get(signed)
    assert (head.status_code, head.content) == (200, b"")
    assert bare(head) == bare(get)
    assert get.content.startswith(b"%PDF-")


def test_a_connection_goes_on_after_head(visitor: Visitor) -> None:
    for _ in range(3):
        # A short text and a long one, which GET would compress.
        assert visitor.http.head("/courses").status_code == 200
        assert visitor.http.head(f"/courses/{DEMO}").status_code == 200
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
    assert (answer.status_code, answer.headers["allow"]) == (405, "OPTIONS, POST")
    assert visitor.http.delete("/enrollments").headers["allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("GET", "/progress/mark-complete"),
        ("HEAD", "/progress/mark-complete/"),
        ("DELETE", "/media/uploads"),
        ("GET", f"/courses/{DEMO}:publish"),
        ("PATCH", "/quiz/x:importGift"),
    ],
)
def test_a_path_that_another_matches_takes_its_own_methods_alone(
    visitor: Visitor, verb: str, path: str
) -> None:
    answer = visitor.http.request(verb, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, "OPTIONS, POST")
    assert visitor.http.options(path).headers["allow"] == "OPTIONS, POST"
    assert visitor.http.post(path).status_code == 401


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


THEMES = "must be one of THEME_SYSTEM, THEME_LIGHT, THEME_DARK"


@pytest.mark.parametrize(
    ("request_", "body", "field", "description"),
    [
        ("PATCH /preferences", '{"theme":"BOGUS"}', "theme", THEMES),
        ("PATCH /preferences", '{"theme":1.5}', "theme", THEMES),
        (
            *("PATCH /preferences", '{"notifications":"x"}'),
            *("notifications", "must be an object"),
        ),
        ("POST /courses", '{"tags":[{"a":1}]}', "tags", "must be no object"),
        ("POST /quiz/x/submit", '{"answers":[5]}', "answers[0]", "must be an object"),
        (
            *("POST /quiz/x/submit", '{"answers":[{"questionId":{"a":1}}]}'),
            *("answers[0].questionId", "must be no object"),
        ),
        (
            *("POST /quiz/x/submit", '{"answers":[{"optionIds":[{"a":1}]}]}'),
            *("answers[0].optionIds", "must be no object"),
        ),
        (
            *("POST /quiz/x/submit", '{"answers":[{"pairs":[{"left":5}]}]}'),
            *("answers[0].pairs[0].left", "must be a text"),
        ),
    ],
)
def test_a_value_deep_in_a_body_is_named(
    visitor: Visitor, request_: str, body: str, field: str, description: str
) -> None:
    verb, path = request_.split()
    answer = visitor.http.request(verb, path, content=body)
    assert (answer.status_code, reason(answer)) == (400, "INVALID_FIELDS")
    assert violations(answer) == {field: description}
    assert "googleapis.com/stellr" not in answer.text


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('"x"', "the body must be a JSON object"),
        ("5", "the body must be a JSON object"),
        ("[1]", "a list stands where one value belongs"),
        ('{"theme":["A"]}', "a list stands where one value belongs"),
    ],
)
def test_a_body_that_is_none_is_no_field(visitor: Visitor, body: str, message: str) -> None:
    answer = visitor.http.patch("/preferences", content=body)
    assert (answer.status_code, reason(answer)) == (400, "REQUEST_MALFORMED")
    assert answer.json()["message"] == message


def test_a_service_names_a_field_as_it_was_sent(learner: Callable[..., Learner]) -> None:
    answer = learner().patch("/me", {"displayName": "", "timezone": "Mars/Base"})
    assert (answer.status_code, reason(answer)) == (400, "INVALID_FIELDS")
    assert list(violations(answer)) == ["displayName"]
    assert answer.json()["message"].startswith("displayName: ")


def test_an_enum_in_a_query_tells_its_names(visitor: Visitor) -> None:
    told = violations(visitor.get("/users", state="BOGUS"))
    assert told["state"].startswith("must be one of ACCOUNT_STATE_")


def test_a_parameter_of_the_wrong_kind_is_named(visitor: Visitor) -> None:
    answer = visitor.get("/courses", pageSize="many")
    assert violations(answer) == {"pageSize": "must be a whole number"}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('{"email":', "the body is not valid JSON"),
        ("secret", "the body is not valid JSON"),
        ('{"email": "a" "b": 1}', "the body is not valid JSON"),
        ('{"email": 1e999}', "a number is too large"),
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


@pytest.mark.parametrize("path", ["/login", "/login/", "/media/pdf/x", "/courses:import"])
def test_options_tells_the_methods_of_a_path(visitor: Visitor, path: str) -> None:
    answer = visitor.http.options(path)
    assert (answer.status_code, answer.content) == (204, b"")
    assert "OPTIONS" in answer.headers["allow"]
    assert visitor.http.options("/nothing").status_code == 404


def sent(stack: Stack, request_: str) -> tuple[str, dict[str, Any]]:
    """The first line and the JSON of the answer to what is sent as it stands."""
    with socket.create_connection(("127.0.0.1", stack.port), 5) as connection:
        connection.sendall(request_.replace("\n", "\r\n").encode())
        connection.settimeout(5)
        answer = b""
        while not answer.endswith(b"}") and (more := connection.recv(65536)):
            answer += more.rstrip()
    head, _, body = answer.decode().partition("\r\n\r\n")
    return head.split("\r\n")[0], json.loads(body)


@pytest.mark.parametrize(
    ("request_", "status", "code", "reason_"),
    [
        ("FOO /courses HTTP/1.1\nHost: a\n\n", 400, 3, "REQUEST_MALFORMED"),
        ("GARBAGE\n\n", 400, 3, "REQUEST_MALFORMED"),
        ("GET /courses HTTP/1.1\n\n", 400, 3, "REQUEST_MALFORMED"),
        ("GET * HTTP/1.1\nHost: a\n\n", 400, 3, "REQUEST_MALFORMED"),
        ("GET /courses HTTP/1.1\nHost: a\nHost: b\n\n", 400, 3, "REQUEST_MALFORMED"),
        ("GET /courses HTTP/1.1\nHost: a\na_b: c\n\n", 400, 3, "REQUEST_MALFORMED"),
        ("CONNECT a:443 HTTP/1.1\nHost: a:443\n\n", 400, 3, "REQUEST_MALFORMED"),
        (
            "GET /courses HTTP/1.1\nHost: a\nConnection: upgrade\nUpgrade: websocket\n\n",
            *(400, 3, "REQUEST_MALFORMED"),
        ),
        (
            "POST /login HTTP/1.1\nHost: a\nTransfer-Encoding: gzip\n\n",
            *(501, 12, "REQUEST_MALFORMED"),
        ),
        (
            "POST /login HTTP/1.1\nHost: a\nContent-Length: 5\nTransfer-Encoding: chunked\n\n0\n\n",
            *(400, 3, "REQUEST_MALFORMED"),
        ),
        ("GET https://a/courses HTTP/1.1\nHost: a\n\n", 400, 3, "REQUEST_MALFORMED"),
        ("TRACE /courses HTTP/1.1\nHost: a\n\n", 405, 12, "METHOD_NOT_ALLOWED"),
        (f"GET /me HTTP/1.1\nHost: a\nx-long: {'a' * 40_000}\n\n", 431, 8, "HEADERS_TOO_LARGE"),
    ],
)
def test_what_is_no_request_is_told_in_the_one_shape(
    stack: Stack, request_: str, status: int, code: int, reason_: str
) -> None:
    line, told = sent(stack, request_)
    assert line.split()[1] == str(status)
    assert set(told) == {"code", "message", "details"}
    assert (told["code"], told["details"][0]["reason"]) == (code, reason_)
    assert told["message"]


def test_an_absolute_address_and_an_old_version_are_answered(stack: Stack) -> None:
    for request_ in (
        "GET http://any.example/healthz HTTP/1.1\nHost: b\n\n",
        "GET /healthz HTTP/1.0\n\n",
    ):
        line, told = sent(stack, request_)
        assert line.split()[1] == "200"
        assert told == {"status": "ok"}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/courses/", 200),
        ("//courses", 200),
        ("/%63ourses", 200),
        ("/courses/.", 200),
        ("/x/../courses", 200),
        ("/COURSES", 404),
        ("/courses%2Fx", 400),
        (f"{PAGE}/?fbclid=1", 404),
        ("/healthz/?_=1", 200),
    ],
)
def test_a_path_in_another_spelling_has_an_answer(stack: Stack, path: str, status: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", stack.port)
    connection.request("GET", path)
    assert connection.getresponse().status == status
    connection.close()


@pytest.mark.parametrize("path", ["/courses:import", "/courses:import/"])
def test_an_archive_may_be_larger_than_a_body_of_json(
    learner: Callable[..., Learner], path: str
) -> None:
    answer = learner().http.post(path, content=bytes(1_100_000))
    assert (answer.status_code, reason(answer)) == (403, "ROLE_REQUIRED")


def test_a_slash_at_the_end_changes_nothing_of_a_file(visitor: Visitor, signed: str) -> None:
    path, _, query = signed.partition("?")
    part = visitor.http.get(f"{path}/?{query}", headers={"range": "bytes=0-3"})
    assert (part.status_code, part.content) == (206, b"%PDF")


@pytest.mark.parametrize("path", ["/courses", "/me", PAGE, "/nothing", "/healthz"])
def test_nothing_of_grpc_is_in_an_answer_of_http(visitor: Visitor, path: str) -> None:
    answer = visitor.http.get(path)
    assert not [name for name in answer.headers if name.startswith(("grpc-", "x-stellr-"))]
    assert "x-http-code" not in answer.headers
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


def test_a_file_may_stand_in_a_page_of_others(visitor: Visitor, signed: str) -> None:
    answer = visitor.http.get(signed)
    assert "x-frame-options" not in answer.headers
    assert "frame-ancestors" not in answer.headers["content-security-policy"]
    assert answer.headers["content-length"] == str(len(answer.content))


ORIGIN = "http://localhost:5173"
STRANGER = "https://stranger.example"


def preflight(visitor: Visitor, origin: str) -> httpx.Response:
    asks = {"origin": origin, "access-control-request-method": "POST"}
    return visitor.http.options("/login", headers=asks)


def test_pages_of_this_machine_may_send_what_the_api_takes(visitor: Visitor) -> None:
    answer = preflight(visitor, ORIGIN)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert answer.headers["access-control-max-age"] == "7200"
    allowed = set(answer.headers["access-control-allow-headers"].split(", "))
    wanted = {"authorization", "content-type", "idempotency-key", "if-match", "prefer"}
    assert wanted | {"x-request-id", "x-grpc-web"} <= allowed
    assert "PATCH" in answer.headers["access-control-allow-methods"]


@pytest.mark.parametrize("path", ["/courses", "/me", "/nothing", "/me%2fx"])
def test_pages_of_this_machine_may_read_answers_and_errors(visitor: Visitor, path: str) -> None:
    answer = visitor.http.get(path, headers={"origin": ORIGIN})
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    exposed = set(answer.headers["access-control-expose-headers"].split(", "))
    assert {"etag", "retry-after", "x-request-id", "www-authenticate", "allow"} <= exposed
    assert not [name for name in exposed if name.startswith("grpc-")]
    assert "Origin" in answer.headers["vary"]


def test_pages_of_others_may_not(visitor: Visitor) -> None:
    for answer in (
        preflight(visitor, STRANGER),
        visitor.http.get("/courses", headers={"origin": STRANGER}),
        visitor.http.get("/courses"),
    ):
        cors = [name for name in answer.headers if name.startswith("access-control-")]
        assert cors == []
        assert "Origin" in answer.headers["vary"]


def test_who_checks_a_certificate_may_do_so_from_any_page(visitor: Visitor) -> None:
    answer = visitor.http.get("/.well-known/jwks.json", headers={"origin": STRANGER})
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(("accepted", "coding"), [("gzip", "gzip"), ("br, gzip", "br")])
def test_a_long_text_is_compressed(visitor: Visitor, accepted: str, coding: str) -> None:
    plain = visitor.http.get(f"/courses/{DEMO}", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert len(plain.content) > 1024
    with visitor.http.stream(
        "GET", f"/courses/{DEMO}", headers={"accept-encoding": accepted}
    ) as answer:
        assert answer.headers["content-encoding"] == coding
        assert len(b"".join(answer.iter_raw())) < len(plain.content)
    for each in (plain, answer):
        assert "Accept-Encoding" in each.headers["vary"]
    # Other bytes under the same name: the etag is a weak one.
    assert answer.headers["etag"] == f"W/{plain.headers['etag']}"


def test_who_has_it_compressed_is_not_sent_it_again(visitor: Visitor) -> None:
    etag = visitor.http.get(f"/courses/{DEMO}").headers["etag"]
    assert etag.startswith("W/")
    answer = visitor.http.get(f"/courses/{DEMO}", headers={"if-none-match": etag})
    assert (answer.status_code, answer.content) == (304, b"")
    assert "content-encoding" not in answer.headers
    assert "Accept-Encoding" in answer.headers["vary"]


@pytest.mark.parametrize("path", ["/", "/docs", "/docs/swagger-ui-bundle.js", "/openapi.json"])
def test_a_published_file_is_compressed(visitor: Visitor, path: str) -> None:
    with visitor.http.stream("GET", path, headers={"accept-encoding": "br"}) as answer:
        assert answer.headers["content-encoding"] == "br"
    etag = answer.headers["etag"]
    again = visitor.http.get(path, headers={"accept-encoding": "br", "if-none-match": etag})
    assert (again.status_code, again.content) == (304, b"")
    for each in (answer, again):
        assert "Accept-Encoding" in each.headers["vary"]
    part = visitor.http.get(path, headers={"accept-encoding": "br", "range": "bytes=0-3"})
    assert (part.status_code, len(part.content)) == (206, 4)
    assert "content-encoding" not in part.headers


def heads(stack: Stack, path: str, *headers: tuple[str, str]) -> list[dict[str, str]]:
    """The headers and the trailers, if any, of the answer to a GET over HTTP/2."""
    asked = [(":method", "GET"), (":scheme", "http"), (":authority", "a"), (":path", path)]
    found = []
    with socket.create_connection(("127.0.0.1", stack.port), 15) as connection:
        http2 = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        http2.initiate_connection()
        http2.send_headers(1, [*asked, *headers], end_stream=True)
        connection.sendall(http2.data_to_send())
        while True:
            for event in http2.receive_data(connection.recv(65536)):
                if isinstance(event, h2.events.ResponseReceived | h2.events.TrailersReceived):
                    found.append(dict(event.headers))
                if isinstance(event, h2.events.StreamEnded):
                    return found


@pytest.mark.parametrize("condition", [(), (("if-none-match", "*"),)])
def test_nothing_of_grpc_is_behind_an_answer_of_http2(
    stack: Stack, condition: tuple[tuple[str, str], ...]
) -> None:
    first, *trailers = heads(stack, f"/courses/{DEMO}", *condition)
    assert first[":status"] == ("304" if condition else "200")
    assert not [name for each in trailers for name in each if name.startswith("grpc-")]
    # Of a 304 it would be that of the whole answer (RFC 9110, 8.6).
    assert ("content-length" in first) is not bool(condition)


def test_what_is_compressed_or_short_or_secret_stays_as_it_is(
    visitor: Visitor, signed: str, learner: Callable[..., Learner]
) -> None:
    for path in (signed, "/healthz"):
        assert "content-encoding" not in visitor.http.get(path).headers
    person = learner()
    session = visitor.post("/login", {"email": person.email, "password": person.password})
    assert session.status_code == 200
    assert "content-encoding" not in session.headers


@pytest.mark.parametrize(
    ("token", "challenge"),
    [
        ("", 'Bearer realm="stellr"'),
        (
            "Bearer x",
            'Bearer realm="stellr", error="invalid_token", '
            'error_description="the token is not valid"',
        ),
    ],
)
@pytest.mark.parametrize("path", ["/me", "/media/pdf/x", "/me/export"])
def test_a_401_says_how_to_sign_in(visitor: Visitor, path: str, token: str, challenge: str) -> None:
    answer = visitor.http.get(path, headers={"authorization": token} if token else {})
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, challenge)


def test_wrong_credentials_are_challenged_without_an_error_of_a_token(visitor: Visitor) -> None:
    answer = visitor.post("/login", {"email": "a@b.example", "password": "x"})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="stellr"'


def test_a_file_has_its_length(
    enrolled: Callable[..., Learner], visitor: Visitor, signed: str
) -> None:
    assert int(visitor.http.head(signed).headers["content-length"]) > 1000


def test_a_field_out_of_bounds_is_told_in_plain_english(visitor: Visitor) -> None:
    answer = visitor.post("/login", {})
    assert violations(answer) == {"email": "must not be empty", "password": "must not be empty"}
    assert violations(visitor.get("/courses", pageSize=1000)) == {"pageSize": "must be 0 to 100"}


@pytest.mark.parametrize("name", ["a'b", "x+y", "a|b", "#", "~", "per%cent"])
def test_a_header_whose_name_grpc_does_not_take_does_no_harm(visitor: Visitor, name: str) -> None:
    answer = visitor.http.get("/healthz", headers={name: "1"})
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


VISIT = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8", "sec-fetch-mode": "navigate"}
# Who answers: Envoy, a service, the transcoder, a service over HTTP.
WRONG = {
    "/nothing": 404,
    "/register": 405,
    "/me": 401,
    "/courses/nothing": 404,
    "/courses?pageSize=x": 400,
    "/docs/nothing": 404,
}


@pytest.mark.parametrize("path", WRONG)
def test_a_person_at_a_wrong_address_sees_a_page(visitor: Visitor, path: str) -> None:
    told = visitor.http.get(path)
    page = visitor.http.get(path, headers=VISIT)
    assert page.status_code == told.status_code == WRONG[path]
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["cache-control"] == "no-store"
    assert "style-src 'sha256-" in page.headers["content-security-policy"]
    assert page.headers["x-frame-options"] == "DENY"
    assert page.headers.get("allow") == told.headers.get("allow")
    for said in (look.STYLE_SHEET.read_text(), reason(told), page.headers["x-request-id"]):
        assert said in page.text
    assert not re.search(r"@[a-z]+@|<script", page.text)


@pytest.mark.parametrize("path", WRONG)
@pytest.mark.parametrize(
    "headers",
    [
        {"accept": "text/html"},
        {"accept": "*/*", "sec-fetch-mode": "navigate"},
        {"accept": "application/json, text/html", "sec-fetch-mode": "navigate"},
        {"accept": "text/html", "sec-fetch-mode": "cors"},
    ],
)
def test_programs_get_json(visitor: Visitor, path: str, headers: dict[str, str]) -> None:
    answer = visitor.http.get(path, headers=headers)
    assert (answer.status_code, answer.json()) == (WRONG[path], visitor.http.get(path).json())
    assert answer.headers["content-type"] == "application/json"


def test_what_is_there_is_what_it_is_for_a_browser_too(visitor: Visitor) -> None:
    assert visitor.http.get("/courses", headers=VISIT).json() == visitor.get("/courses").json()
    # A page of its own, which says more.
    assert visitor.http.get(PAGE, headers=VISIT).text == visitor.get(PAGE).text


def test_a_form_is_answered_as_a_program_is(visitor: Visitor) -> None:
    answer = visitor.http.post("/nothing", headers=VISIT)
    assert (answer.status_code, reason(answer)) == (404, "PATH_NOT_FOUND")


def test_options_of_the_whole_server(stack: Stack) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=20)
    connection.request("OPTIONS", "*")
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (204, b"")
    assert answer.headers["allow"] == "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"
    connection.close()
