"""The RPCs of MediaInternalService: unpack, one call, repack."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO
from uuid import UUID

import grpc

from services.kit.data.database import Database
from services.kit.data.objects.store import ObjectStore
from services.kit.data.pieces import pieces
from services.media import lesson_media, uploads
from services.media.errors import MediaNotFound
from services.media.lesson_media import LessonMediaEditor
from services.media.shelf import Shelf
from stellr.media.v1 import media_internal_service_pb2 as pb
from stellr.media.v1.media_internal_service_pb2_grpc import MediaInternalServiceServicer


class MediaInternalServicer(MediaInternalServiceServicer):
    """Takes media in."""

    def __init__(self, database: Database, store: ObjectStore, shelf: Shelf) -> None:
        self._database = database
        self._store = store
        self._shelf = shelf
        self._editor = LessonMediaEditor(database)

    def UploadObject(
        self, request_iterator: Iterator[pb.UploadObjectRequest], context: grpc.ServicerContext
    ) -> pb.Object:
        """Keep the bytes of a stream; the database is first used when the last one is kept."""
        mime_type = uploads.read_header(request_iterator).mime_type
        with self._store.incoming() as incoming:
            for chunk in uploads.checked(uploads.read_chunks(request_iterator), mime_type):
                incoming.write(chunk)
            stored = self._shelf.put(incoming, mime_type)
        return pb.Object(digest=stored.digest, size_bytes=stored.size)

    def ListLessonMedia(
        self, request: pb.ListLessonMediaRequest, context: grpc.ServicerContext
    ) -> pb.ListLessonMediaResponse:
        """What belongs to lessons."""
        return lesson_media.listed(self._database, [*map(UUID, request.lesson_ids)])

    def ReadObject(
        self, request: pb.ReadObjectRequest, context: grpc.ServicerContext
    ) -> Iterator[pb.ObjectPart]:
        """The bytes of an object."""
        try:
            file = self._store.open(request.digest)
        except FileNotFoundError:
            raise MediaNotFound from None
        return _parts(file)

    def SetCourseMedia(
        self, request: pb.SetCourseMediaRequest, context: grpc.ServicerContext
    ) -> pb.SetCourseMediaResponse:
        """Set the media of lessons of a course."""
        return self._editor.set(request)


def _parts(file: BinaryIO) -> Iterator[pb.ObjectPart]:
    with file:
        for data in pieces(file):
            yield pb.ObjectPart(chunk=data)
