"""The RPCs of MediaService: unpack, one call, repack."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

import grpc
from google.api.httpbody_pb2 import HttpBody

from services.kit.data.file_types import PDF as PDF_TYPE
from services.kit.data.file_types import PICTURES, SVG
from services.media.disposition import disposition
from services.media.kinds import PDF
from services.media.library import Library
from services.media.repository.media import Document
from stellr.media.v1 import media_service_pb2 as pb
from stellr.media.v1.media_service_pb2_grpc import MediaServiceServicer

# What browsers may show in their window. An SVG may hold scripts: it is shown in pages only.
SHOWN = (PICTURES | {PDF_TYPE}) - {SVG}
# Content Security Policy Level 3, 6: whatever a file holds, it is no page of the academy.
NOTHING_RUNS = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


class MediaServicer(MediaServiceServicer):
    """Gives media to those who may read the lesson."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def GetLessonMedia(
        self, request: pb.GetLessonMediaRequest, context: grpc.ServicerContext
    ) -> pb.LessonMedia:
        """The media of a lesson."""
        return self._library.lesson_media(request.lesson_id)

    def GetPdf(
        self, request: pb.GetPdfRequest, context: grpc.ServicerContext
    ) -> Iterator[HttpBody]:
        """A PDF, to those who may read its lesson."""
        return self._send(self._library.readable(request.media_id), context)

    def GetContent(
        self, request: pb.GetContentRequest, context: grpc.ServicerContext
    ) -> Iterator[HttpBody]:
        """The bytes behind a signed link."""
        return self._send(self._library.linked(request), context)

    def _send(self, document: Document, context: grpc.ServicerContext) -> Iterator[HttpBody]:
        parts = self._library.parts(document)
        context.send_initial_metadata(
            (
                ("content-disposition", _disposition(document)),
                ("content-security-policy", NOTHING_RUNS),
                ("cache-control", "private"),
                ("x-content-type-options", "nosniff"),
            )
        )
        return parts


def _disposition(document: Document) -> str:
    """A PDF under its title, anything else under its file's name."""
    shown = document.mime_type in SHOWN
    if document.kind == PDF:
        return disposition(document.title, ".pdf", shown=shown)
    name = PurePosixPath(document.title)
    return disposition(name.stem, name.suffix, shown=shown)
