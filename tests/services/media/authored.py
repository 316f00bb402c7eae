"""A course of an author's own, as authors make it, and files for it."""

from __future__ import annotations

import io
import os
import struct
import zlib
from dataclasses import dataclass
from typing import Any

import httpx
from PIL import Image

from tests.support import Learner, Stack, author

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 8
VTT = b"WEBVTT\n\n00:00.000 --> 00:02.000\nHello\n"
_EBML = b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webm"
WEBM = _EBML + b"\0" * 99


def new_pdf(size: int = 4096) -> bytes:
    """A PDF that nobody else has."""
    return b"%PDF-1.7\n" + os.urandom(size)


def mp4(seconds: int) -> bytes:
    """As much of a film as says how long it is."""
    mvhd = b"\0\0\0\0" + struct.pack(">IIII", 0, 0, 1000, seconds * 1000) + b"\0" * 80
    moov = _box(b"moov", _box(b"mvhd", mvhd))
    return _box(b"ftyp", b"isom\0\0\0\0isommp42") + moov + _box(b"mdat", os.urandom(1000))


def _box(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data) + 8) + name + data


def png(width: int, height: int) -> bytes:
    """A small picture."""
    file = io.BytesIO()
    Image.new("L", (width, height)).save(file, "PNG")
    return file.getvalue()


def png_bomb(width: int, height: int) -> bytes:
    """A picture that says that it is large."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 100)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


@dataclass(frozen=True)
class Authored:
    """A published course and the author whose it is."""

    author: Learner
    course_id: str
    lesson_id: str

    def media(self, somebody: Any = None) -> dict[str, Any]:
        """The media of the lesson, as somebody who is enrolled sees them."""
        answer = (somebody or self.author).get(f"/media/lesson/{self.lesson_id}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def pupil(self, learner: Learner) -> Learner:
        """The learner, enrolled."""
        answer = learner.post(f"/courses/{self.course_id}/enroll")
        assert answer.status_code == 200, answer.text
        return learner

    def create(self, data: bytes, mime_type: str, **values: Any) -> httpx.Response:
        """An upload for the lesson."""
        body = {
            "lessonId": self.lesson_id,
            "fileName": "file.bin",
            "mimeType": mime_type,
            "sizeBytes": len(data),
        }
        return self.author.post("/media/uploads", {**body, **values})

    def uploaded(self, data: bytes, mime_type: str, **values: Any) -> str:
        """The id of an upload whose bytes have come."""
        created = self.create(data, mime_type, **values)
        assert created.status_code == 200, created.text
        sent = send(created.json(), data)
        assert sent.status_code == 200, sent.text
        upload_id: str = created.json()["uploadId"]
        return upload_id

    def attached(self, data: bytes, **values: Any) -> dict[str, Any]:
        """A PDF of the lesson."""
        body = {"uploadId": self.uploaded(data, "application/pdf"), **values}
        answer = self.author.post(f"/media/lesson/{self.lesson_id}/pdfs", body)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def linked(self, **values: Any) -> dict[str, Any]:
        """A video of the lesson."""
        answer = self.author.post(f"/media/lesson/{self.lesson_id}/videos", values)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


def send(upload: dict[str, Any], data: bytes, **headers: str) -> httpx.Response:
    """Send the bytes of an upload as it says."""
    told = {**upload["headers"], **headers}
    return httpx.request(upload["method"], upload["url"], content=data, headers=told, timeout=30)


def make_authored(stack: Stack, person: Learner | None = None) -> Authored:
    """A course with one lesson, published; its author is enrolled."""
    person = person or author(stack)
    course = person.post("/courses", {"title": "Made for media", "language": "en"})
    assert course.status_code == 200, course.text
    course_id = course.json()["courseId"]
    lesson = person.post(
        f"/courses/{course_id}/lessons", {"title": "The lesson", "body": "Read this."}
    )
    assert lesson.status_code == 200, lesson.text
    assert person.post(f"/courses/{course_id}:publish").status_code == 200
    made = Authored(person, course_id, lesson.json()["lessonId"])
    made.pupil(person)
    return made
