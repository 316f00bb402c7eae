"""Streams that stay open, watched or unread, and the calls beside them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import psutil
import pytest
from google.protobuf.duration_pb2 import Duration

from services.kit.data.database import Database
from services.kit.rpc.clients import streams_of
from stellr.course.v1 import course_service_pb2 as course_pb
from stellr.course.v1 import course_service_pb2_grpc as course_grpc
from stellr.events.v1 import event_service_pb2 as events_pb
from stellr.events.v1.event_service_pb2_grpc import EventServiceStub
from stellr.media.v1 import media_internal_service_pb2 as internal_pb
from stellr.media.v1 import media_service_pb2 as media_pb
from stellr.media.v1.media_internal_service_pb2_grpc import MediaInternalServiceStub
from stellr.media.v1.media_service_pb2_grpc import MediaServiceStub
from tests import support
from tests.faults.own_process import OF_ITS_OWN, process_of, serves
from tests.services.own_course import make_course
from tests.support import Stack, Visitor, eventually

WATCHERS = 100
CALLS = 100
UNREAD = 32
PATIENCE_SECONDS = 5.0 * support.PATIENCE
PART_BYTES = 256 * 1024
PDF = b"%PDF-1.7\n" + os.urandom(3 * 1024 * 1024)


@pytest.fixture(name="address")
def _address(stack: Stack, database_of: Callable[[str], Database], tmp_path: Path) -> Iterator[str]:
    """A process of course that was told only what it cannot do without; where it listens."""
    address = f"127.0.0.1:{support.free_port()}"
    with process_of("course", stack, database_of("course"), address, tmp_path):
        eventually(lambda: serves(address), 20)
        yield address


def test_a_hundred_watches_keep_a_process_from_nothing(stack: Stack, address: str) -> None:
    request = events_pb.WatchRequest(
        kinds=["stellr.course.v1.OutlineChanged"], look_back=Duration()
    )
    with stack.mesh("user", "course", address) as channel:
        watches: list[Any] = [EventServiceStub(channel).Watch(request) for _ in range(WATCHERS)]
        assert {next(watch).WhichOneof("message") for watch in watches} == {"caught_up"}
        assert serves(address)
        with ThreadPoolExecutor(CALLS) as pool:
            list(pool.map(lambda _: list_courses(address), range(CALLS)))
        assert all(watch.is_active() for watch in watches)


def list_courses(address: str) -> None:
    """A call that goes to the database; grpc.RpcError where it is not answered in time."""
    with grpc.insecure_channel(address) as channel:
        courses = course_grpc.CourseServiceStub(channel)
        courses.ListCourses(course_pb.ListCoursesRequest(), timeout=PATIENCE_SECONDS)


@pytest.fixture(name="lesson_id", scope="module")
def _lesson_id(stack: Stack) -> str:
    """A lesson that anyone may read, with a PDF larger than what a connection holds."""
    own = make_course(stack.mesh)
    with stack.mesh("gateway", "media") as channel:
        media = MediaInternalServiceStub(channel)
        pdf = internal_pb.PdfFile(digest=media.UploadObject(upload()).digest, title="Stars")
        lesson = internal_pb.LessonMediaContent(lesson_id=own.preview_id, pdfs=[pdf])
        media.SetCourseMedia(
            internal_pb.SetCourseMediaRequest(course_id=own.course_id, lessons=[lesson])
        )
    return own.preview_id


def upload() -> Iterator[internal_pb.UploadObjectRequest]:
    """The PDF in parts."""
    header = internal_pb.ObjectHeader(mime_type="application/pdf")
    yield internal_pb.UploadObjectRequest(header=header)
    for start in range(0, len(PDF), PART_BYTES):
        yield internal_pb.UploadObjectRequest(chunk=PDF[start : start + PART_BYTES])


def test_readers_that_stop_reading_hold_up_no_other_call(stack: Stack, lesson_id: str) -> None:
    visitor, address = Visitor(stack), stack.target("media")
    (pdf,) = visitor.get(f"/media/lesson/{lesson_id}").json()["pdfs"]
    request = media_pb.GetPdfRequest(media_id=pdf["mediaId"])
    with grpc.insecure_channel(streams_of(address), options=OF_ITS_OWN) as channel:
        unread: list[Any] = [MediaServiceStub(channel).GetPdf(request) for _ in range(UNREAD)]
        begun = [next(stream).data for stream in unread]
        assert sending(stack) == UNREAD
        assert serves(address)
        assert lesson_media(address, lesson_id).pdfs[0].media_id == pdf["mediaId"]
        assert read(streams_of(address), request) == PDF
        assert visitor.get(f"/media/pdf/{pdf['mediaId']}").content == PDF
        # They were held up themselves all the while, and not given up; the others are done.
        eventually(lambda: sending(stack) == UNREAD)
        rest = (b"".join(part.data for part in stream) for stream in unread)
        assert all(first + more == PDF for first, more in zip(begun, rest, strict=True))


def sending(stack: Stack) -> int:
    """How many copies of the PDF media is sending: it has the file open for each."""
    pid = next(part["pid"] for part in stack.run["parts"] if part["service"] == "media")
    digest = hashlib.sha256(PDF).hexdigest()
    return sum(Path(file.path).name == digest for file in psutil.Process(pid).open_files())


def lesson_media(address: str, lesson_id: str) -> media_pb.LessonMedia:
    """The media of a lesson, as the process says in time."""
    with grpc.insecure_channel(address) as channel:
        request = media_pb.GetLessonMediaRequest(lesson_id=lesson_id)
        found: media_pb.LessonMedia = MediaServiceStub(channel).GetLessonMedia(
            request, timeout=PATIENCE_SECONDS
        )
    return found


def read(address: str, request: media_pb.GetPdfRequest) -> bytes:
    """A PDF as another reader gets it, on a connection of its own and in time."""
    with grpc.insecure_channel(address, options=OF_ITS_OWN) as channel:
        parts: Any = MediaServiceStub(channel).GetPdf(request, timeout=PATIENCE_SECONDS)
        return b"".join(part.data for part in parts)
