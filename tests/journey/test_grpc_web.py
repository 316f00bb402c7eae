"""gRPC-Web, as a browser page of another origin speaks it (grpc/grpc, PROTOCOL-WEB.md)."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from google.api.httpbody_pb2 import HttpBody
from google.protobuf.message import Message

from stellr.course.v1 import course_service_pb2 as course_pb
from stellr.media.v1 import media_service_pb2 as media_pb
from tests.support import Learner, Visitor

COURSE = "/stellr.course.v1.CourseService"
MEDIA = "/stellr.media.v1.MediaService"
ORIGIN = "http://localhost:3000"
KINDS = ["grpc-web", "grpc-web+proto", "grpc-web-text", "grpc-web-text+proto"]
TRAILERS = 0x80


@dataclass
class Answer:
    """What a page reads: the messages, and the trailers behind them or among the headers."""

    messages: list[bytes]
    trailers: dict[str, str]
    headers: dict[str, str]


def frame(message: Message) -> bytes:
    """A message with its flag and its length before it."""
    data = message.SerializeToString()
    return b"\0" + len(data).to_bytes(4, "big") + data


def frames(body: bytes) -> list[tuple[int, bytes]]:
    """The flag and the content of every frame."""
    found = []
    while body:
        end = 5 + int.from_bytes(body[1:5], "big")
        found.append((body[0], body[5:end]))
        body = body[end:]
    return found


def decoded(body: bytes) -> bytes:
    """Base64 as it is sent piece by piece: each piece may end with its own padding."""
    return b"".join(base64.b64decode(body[i : i + 4]) for i in range(0, len(body), 4))


def call(somebody: Visitor, path: str, message: Message, kind: str = KINDS[1]) -> Answer:
    """A call from a page of another origin."""
    text = "text" in kind
    body = base64.b64encode(frame(message)) if text else frame(message)
    headers = {"content-type": f"application/{kind}", "accept": f"application/{kind}"}
    answer = somebody.http.post(
        path, content=body, headers={**headers, "x-grpc-web": "1", "origin": ORIGIN}
    )
    assert answer.status_code == 200, answer.text
    found = frames(decoded(answer.content) if text else answer.content)
    trailers = {name: answer.headers[name] for name in answer.headers if name.startswith("grpc-")}
    for line in b"".join(data for flag, data in found if flag & TRAILERS).decode().splitlines():
        name, _, value = line.partition(":")
        trailers[name] = value.strip()
    messages = [data for flag, data in found if not flag & TRAILERS]
    return Answer(messages, trailers, dict(answer.headers))


@pytest.mark.parametrize("kind", KINDS)
def test_a_call_answered_by_one_message(visitor: Visitor, kind: str) -> None:
    answer = call(visitor, f"{COURSE}/ListCourses", course_pb.ListCoursesRequest(), kind)
    (data,) = answer.messages
    assert course_pb.ListCoursesResponse.FromString(data).courses
    assert answer.trailers["grpc-status"] == "0"
    assert answer.headers["content-type"].startswith(f"application/{kind.partition('+')[0]}")
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert "grpc-status" in answer.headers["access-control-expose-headers"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_call_answered_by_a_stream(
    enrolled: Callable[..., Learner], lessons: list[dict[str, Any]], kind: str
) -> None:
    person = enrolled()
    media = [person.get(f"/media/lesson/{lesson['lessonId']}").json() for lesson in lessons]
    pdf = next(each["pdfs"][0] for each in media if each["pdfs"])
    request = media_pb.GetPdfRequest(media_id=pdf["mediaId"])
    answer = call(person, f"{MEDIA}/GetPdf", request, kind)
    parts = [HttpBody.FromString(data) for data in answer.messages]
    assert parts[0].content_type == "application/pdf"
    assert len(b"".join(part.data for part in parts)) == pdf["sizeBytes"]
    assert answer.trailers["grpc-status"] == "0"


def test_a_page_may_ask_in_advance(visitor: Visitor) -> None:
    headers = "content-type,x-grpc-web,x-user-agent,grpc-timeout,authorization"
    asks = {
        "origin": ORIGIN,
        "access-control-request-method": "POST",
        "access-control-request-headers": headers,
    }
    answer = visitor.http.options(f"{COURSE}/ListCourses", headers=asks)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert set(headers.split(",")) <= set(
        answer.headers["access-control-allow-headers"].split(", ")
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_service_refuses_in_grpc_web(visitor: Visitor, kind: str) -> None:
    request = course_pb.ListEnrollmentsRequest()
    answer = call(visitor, f"{COURSE}/ListEnrollments", request, kind)
    assert (answer.messages, answer.trailers["grpc-status"]) == ([], "16")


@pytest.mark.parametrize("kind", KINDS)
def test_envoy_itself_refuses_in_grpc_web(visitor: Visitor, kind: str) -> None:
    answer = call(visitor, f"{COURSE}/Nothing", course_pb.ListCoursesRequest(), kind)
    assert (answer.messages, answer.trailers["grpc-status"]) == ([], "12")
