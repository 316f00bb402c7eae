"""A download whose server is killed: it breaks off, visibly, and is resumed where it stopped."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import httpx
import pytest

from stellr.media.v1 import media_internal_service_pb2 as pb
from stellr.media.v1.media_internal_service_pb2_grpc import MediaInternalServiceStub
from tests.services.own_course import make_course
from tests.support import Stack, Visitor, eventually, started

FILM = b"\0\0\0\x18ftypisom" + bytes(12) + os.urandom(40 * 1024 * 1024)


@pytest.fixture(name="own", scope="module")
def _own() -> Iterator[Stack]:
    with started() as stack:
        yield stack


def upload() -> Iterator[pb.UploadObjectRequest]:
    yield pb.UploadObjectRequest(header=pb.ObjectHeader(mime_type="video/mp4"))
    for start in range(0, len(FILM), 65_536):
        yield pb.UploadObjectRequest(chunk=FILM[start : start + 65_536])


def keep(had: bytearray, chunks: Iterator[bytes]) -> None:
    """Take all that comes."""
    for chunk in chunks:
        had += chunk


def test_a_download_goes_on_after_its_server_was_killed(own: Stack) -> None:
    course = make_course(own.mesh)
    with own.mesh("gateway", "media") as channel:
        media = MediaInternalServiceStub(channel)
        video = pb.VideoLink(digest=media.UploadObject(upload()).digest)
        lesson = pb.LessonMediaContent(lesson_id=course.preview_id, videos=[video])
        media.SetCourseMedia(pb.SetCourseMediaRequest(course_id=course.course_id, lessons=[lesson]))
    url = Visitor(own).get(f"/media/lesson/{course.preview_id}").json()["videos"][0]["url"]
    pid, had = int(own.part("media-0")["pid"]), bytearray()
    with httpx.stream("GET", url, timeout=20) as answer:
        etag, chunks = answer.headers["etag"], answer.iter_raw(65_536)
        had += next(chunks)
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(httpx.TransportError):
            keep(had, chunks)
    assert 0 < len(had) < len(FILM)

    def rest() -> bytes | None:
        headers = {"Range": f"bytes={len(had)}-", "If-Range": etag}
        found = httpx.get(url, headers=headers, timeout=20)
        return found.content if found.status_code == 206 else None

    assert bytes(had) + eventually(rest, 20) == FILM
