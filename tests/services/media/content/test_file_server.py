"""The HTTP paths of media through Envoy: ranges, conditions, links, and what is not to be had."""

from __future__ import annotations

import http.client
import os
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest

from stellr.media.v1 import media_internal_service_pb2 as pb
from stellr.media.v1.media_internal_service_pb2_grpc import MediaInternalServiceStub
from tests.services.own_course import OwnCourse, make_course
from tests.support import Learner, Stack, Visitor, reason, register

FILM = b"\0\0\0\x18ftypisom" + bytes(12) + os.urandom(5 * 1024 * 1024)
PDF = b"%PDF-1.7\n" + os.urandom(300_000)
CAPTIONS = b"WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n"
TYPES = {FILM: "video/mp4", PDF: "application/pdf", CAPTIONS: "text/vtt"}

PLAYER = "http://localhost:3000"


def parts(data: bytes, mime_type: str) -> Iterator[pb.UploadObjectRequest]:
    yield pb.UploadObjectRequest(header=pb.ObjectHeader(mime_type=mime_type))
    for start in range(0, len(data), 65_536):
        yield pb.UploadObjectRequest(chunk=data[start : start + 65_536])


@pytest.fixture(name="own", scope="module")
def _own(stack: Stack) -> OwnCourse:
    """A course whose lessons have a film with captions, and a PDF."""
    own = make_course(stack.mesh)
    with stack.mesh("gateway", "media") as channel:
        stub = MediaInternalServiceStub(channel)
        digests = {data: stub.UploadObject(parts(data, TYPES[data])).digest for data in TYPES}
        captions = [
            pb.CaptionsFile(language=language, label=label, digest=digests[CAPTIONS])
            for language, label in (("en", "English"), ("pt-BR", "Português"))
        ]
        video = pb.VideoLink(
            digest=digests[FILM], title="Film", duration_seconds=61, captions=captions
        )
        pdf = pb.PdfFile(digest=digests[PDF], title="Slides")
        lessons = [
            pb.LessonMediaContent(lesson_id=lesson_id, videos=[video], pdfs=[pdf])
            for lesson_id in (own.lesson_id, own.preview_id)
        ]
        asked = pb.SetCourseMediaRequest(course_id=own.course_id, lessons=lessons)
        assert stub.SetCourseMedia(asked).changed
        assert not stub.SetCourseMedia(asked).changed
    return own


@pytest.fixture(name="pupil")
def _pupil(stack: Stack, own: OwnCourse) -> Learner:
    somebody = register(stack)
    assert somebody.post(f"/courses/{own.course_id}/enroll").status_code == 200
    return somebody


@pytest.fixture(name="media")
def _media(visitor: Visitor, own: OwnCourse) -> dict[str, Any]:
    """The media of the preview, as anybody gets them."""
    found: dict[str, Any] = visitor.get(f"/media/lesson/{own.preview_id}").json()
    return found


def test_a_video_tells_all_about_itself(pupil: Learner, own: OwnCourse) -> None:
    (video,) = pupil.get(f"/media/lesson/{own.lesson_id}").json()["videos"]
    assert (video["mimeType"], video["title"]) == ("video/mp4", "Film")
    assert (video["durationSeconds"], video["sizeBytes"]) == (61, len(FILM))
    assert [(each["language"], each["label"]) for each in video["captions"]] == [
        ("en", "English"),
        ("pt-BR", "Português"),
    ]
    assert {each["expireTime"] for each in video["captions"]} == {video["expireTime"]}
    answer = httpx.get(video["url"])
    assert (answer.status_code, answer.content) == (200, FILM)
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["content-disposition"].startswith('inline; filename="Film.mp4"')
    for captions in video["captions"]:
        answer = httpx.get(captions["url"], headers={"origin": PLAYER})
        assert (answer.content, answer.headers["content-type"]) == (CAPTIONS, "text/vtt")
        assert answer.headers["access-control-allow-origin"] == PLAYER


def test_a_part_of_a_film(media: dict[str, Any]) -> None:
    url = media["videos"][0]["url"]
    for asked, data in (
        ("bytes=0-99", FILM[:100]),
        ("bytes=1000000-", FILM[1_000_000:]),
        ("bytes=-100", FILM[-100:]),
        (f"bytes=5-{10**12}", FILM[5:]),
    ):
        answer = httpx.get(url, headers={"Range": asked})
        assert (answer.status_code, answer.content) == (206, data)
        start = len(FILM) - len(data) if len(data) != 100 or data == FILM[-100:] else 0
        end = start + len(data) - 1
        assert answer.headers["content-range"] == f"bytes {start}-{end}/{len(FILM)}"
        assert answer.headers["content-length"] == str(len(data))
    several = httpx.get(url, headers={"Range": "bytes=0-1,7-8"})
    assert (several.status_code, several.content) == (200, FILM)


def test_there_is_nothing_beyond_the_end(media: dict[str, Any]) -> None:
    answer = httpx.get(media["videos"][0]["url"], headers={"Range": f"bytes={len(FILM)}-"})
    assert (answer.status_code, reason(answer)) == (416, "RANGE_NOT_SATISFIABLE")
    assert answer.headers["content-range"] == f"bytes */{len(FILM)}"
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"


def test_a_download_is_resumed_while_the_file_is_the_same(media: dict[str, Any]) -> None:
    url = media["pdfs"][0]["url"]
    whole = httpx.get(url)
    assert whole.headers["accept-ranges"] == "bytes"
    for mark in (whole.headers["etag"], whole.headers["last-modified"]):
        rest = httpx.get(url, headers={"Range": "bytes=1000-", "If-Range": mark})
        assert (rest.status_code, rest.content) == (206, PDF[1000:])
    other = httpx.get(url, headers={"Range": "bytes=1000-", "If-Range": '"another"'})
    assert (other.status_code, other.content) == (200, PDF)
    known = httpx.get(url, headers={"If-None-Match": whole.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")
    since = httpx.get(url, headers={"If-Modified-Since": whole.headers["last-modified"]})
    assert since.status_code == 304


def test_headers_alone(media: dict[str, Any], pupil: Learner, own: OwnCourse) -> None:
    (pdf,) = pupil.get(f"/media/lesson/{own.lesson_id}").json()["pdfs"]
    path = f"/media/pdf/{pdf['mediaId']}"
    for answer in (
        httpx.head(media["pdfs"][0]["url"]),
        pupil.http.head(path),
        httpx.head(pdf["url"]),
    ):
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer.headers["content-length"] == str(len(PDF))
        assert answer.headers["accept-ranges"] == "bytes"


def test_a_pdf_by_its_id_has_ranges_too(pupil: Learner, own: OwnCourse) -> None:
    (pdf,) = pupil.get(f"/media/lesson/{own.lesson_id}").json()["pdfs"]
    answer = pupil.http.get(f"/media/pdf/{pdf['mediaId']}", headers={"Range": "bytes=5-9"})
    assert (answer.status_code, answer.content) == (206, PDF[5:10])
    (video,) = pupil.get(f"/media/lesson/{own.lesson_id}").json()["videos"]
    refused = pupil.get(f"/media/pdf/{video['mediaId']}")
    assert (refused.status_code, reason(refused)) == (404, "MEDIA_NOT_FOUND")


def test_other_methods_are_told_which_there_are(visitor: Visitor, media: dict[str, Any]) -> None:
    path = media["pdfs"][0]["url"].removeprefix(str(visitor.http.base_url).rstrip("/"))
    for verb in ("POST", "PUT", "DELETE", "PATCH"):
        answer = visitor.http.request(verb, path)
        assert (answer.status_code, reason(answer)) == (405, "METHOD_NOT_ALLOWED")
        assert "GET, HEAD" in answer.headers["allow"]


@pytest.mark.parametrize(
    "path",
    [
        "/media/content/../../../../etc/passwd",
        "/media/content/..%2f..%2f..%2fetc%2fpasswd",
        "/media/content/%2e%2e/%2e%2e/etc/passwd",
        "/media/content/..\\..\\etc\\passwd",
        "/media/content/%00",
        "/media/content/%ff%fe",
        "/media/content/",
        "/media/content",
        "/media/content//etc/passwd",
        "/media/pdf/..%5c..%5cetc",
        "/media/pdf/%2fetc%2fpasswd",
        "/health",
        "/media/content/x/y",
    ],
)
def test_nothing_is_read_by_tricks_with_paths(stack: Stack, path: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=10)
    connection.putrequest("GET", path, skip_host=False)
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status in {400, 401, 403, 404, 405}, body
    assert b"root:" not in body
    assert b'"code"' in body
    connection.close()


def test_the_server_answers_on_its_own_port_what_is_routed_alone(stack: Stack) -> None:
    address = stack.part("media-0")["http"]
    for path in ("/", "/media", "/metrics", "/media/lesson/x", "/media/content/x/y"):
        answer = httpx.get(f"http://{address}{path}")
        assert (answer.status_code, reason(answer)) == (404, "PATH_NOT_FOUND")
    answer = httpx.post(f"http://{address}/media/content/{uuid4()}")
    assert (answer.status_code, reason(answer)) == (405, "METHOD_NOT_ALLOWED")
    assert httpx.get(f"http://{address}/health").status_code == 200


def test_requests_are_told_and_counted_as_those_of_rpcs(
    stack: Stack, media: dict[str, Any]
) -> None:
    request_id = str(uuid4())
    refused = httpx.get(
        media["pdfs"][0]["url"].partition("?")[0], headers={"X-Request-Id": request_id}
    )
    assert refused.headers["x-request-id"]
    metrics = httpx.get(f"http://127.0.0.1:{stack.run['operations_port']}/metrics").text
    method = 'method="/stellr.media.v1.MediaService/GetContent"'
    counted = [line for line in metrics.splitlines() if method in line]
    assert any('reason="LINK_INVALID"' in line for line in counted)
    assert any('code="OK"' in line for line in counted)


def test_many_at_once_each_get_their_part(media: dict[str, Any]) -> None:
    url = media["videos"][0]["url"]

    def part(number: int) -> bool:
        start = number * 50_000
        asked = {"Range": f"bytes={start}-{start + 49_999}"}
        return httpx.get(url, headers=asked, timeout=30).content == FILM[start : start + 50_000]

    with ThreadPoolExecutor(32) as pool:
        assert all(pool.map(part, range(100)))


def test_readers_who_stop_reading_hold_up_nobody(stack: Stack, media: dict[str, Any]) -> None:
    path = media["videos"][0]["url"].partition(str(stack.port))[2]
    readers = []
    for _ in range(16):
        reader = socket.socket()
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.connect(("127.0.0.1", stack.port))
        reader.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert reader.recv(100)
        readers.append(reader)
    began = time.monotonic()
    assert httpx.get(media["videos"][0]["url"], timeout=30).content == FILM
    assert time.monotonic() - began < 10
    for reader in readers:
        reader.close()
