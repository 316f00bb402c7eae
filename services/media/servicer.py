"""The RPCs of MediaService: unpack, one call, repack."""

from __future__ import annotations

from collections.abc import Iterator

import grpc
from google.api.httpbody_pb2 import HttpBody

from services.kit import call
from services.media.content.headers import headers_of
from services.media.library import Library
from services.media.repository.media import Document
from services.media.viewing import Viewing
from stellr.media.v1 import media_service_pb2 as pb
from stellr.media.v1.media_service_pb2_grpc import MediaServiceServicer


class MediaServicer(MediaServiceServicer):
    """Gives media to those who may read the lesson."""

    def __init__(self, library: Library, viewing: Viewing) -> None:
        self._library = library
        self._viewing = viewing

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

    def RecordView(self, request: pb.RecordViewRequest, context: grpc.ServicerContext) -> pb.View:
        """Note how far a learner is."""
        watched = self._viewing.record(request.media_id, call.user_id(), request.position_seconds)
        return pb.View(
            media_id=str(watched.media_id),
            views=watched.views,
            position_seconds=watched.position_seconds,
        )

    def _send(self, document: Document, context: grpc.ServicerContext) -> Iterator[HttpBody]:
        parts = self._library.parts(document)
        context.send_initial_metadata(tuple(headers_of(document).items()))
        return parts
