"""Giving media to those who may read the lesson or change it: course says who that is."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import BinaryIO
from uuid import UUID

from google.api.httpbody_pb2 import HttpBody
from google.protobuf.timestamp_pb2 import Timestamp

from services.clients.authors import Authors
from services.clients.course import Courses
from services.clients.errors import LessonNotFound, NotYourCourse
from services.kit import call
from services.kit.call import Caller
from services.kit.data.database import Database
from services.kit.data.objects.store import ObjectStore
from services.kit.data.pieces import pieces
from services.kit.data.tables import as_uuid
from services.kit.errors import DomainError, NotFound, SignInRequired
from services.kit.identity.links import LinkCheck, Ticket
from services.media.addresses import Addresses
from services.media.errors import MediaNotFound
from services.media.kinds import PDF, VIDEO, content_path
from services.media.repository import media as repository
from services.media.repository import views
from services.media.repository.media import Document, LessonMedium, captions_of
from services.media.repository.views import Watched
from services.media.videos import mime_type
from stellr.media.v1 import media_service_pb2 as pb


class Library:
    """Finds media and opens them for readers."""

    def __init__(
        self,
        database: Database,
        courses: Courses,
        authors: Authors,
        store: ObjectStore,
        *,
        addresses: Addresses,
        link_check: LinkCheck,
    ) -> None:
        self._database = database
        self._courses = courses
        self._authors = authors
        self._store = store
        self._addresses = addresses
        self._link_check = link_check

    def lesson_media(self, lesson_id: str) -> pb.LessonMedia:
        """The media of a lesson that the caller may read."""
        found = as_uuid(lesson_id)
        if found is None or not self._may_read(found):
            raise _hidden(LessonNotFound())
        return self._media_of(found)

    def shown(self, lesson_id: UUID, media_id: UUID) -> pb.Video | pb.Pdf:
        """A medium of a lesson as its author, who may see it, is told of it; MediaNotFound."""
        media = self._media_of(lesson_id)
        listed: list[pb.Video | pb.Pdf] = [*media.videos, *media.pdfs]
        found = next((each for each in listed if each.media_id == str(media_id)), None)
        if found is None:
            raise MediaNotFound
        return found

    def _media_of(self, lesson_id: UUID) -> pb.LessonMedia:
        media, now = repository.list_media(self._database, lesson_id), time.time()
        user_id = call.caller().user_id
        watched = views.watched_of_lesson(self._database, user_id, lesson_id) if user_id else {}
        return pb.LessonMedia(
            videos=[
                self._video(each, media, watched.get(each.media_id), now)
                for each in media
                if each.kind == VIDEO
            ],
            pdfs=[self._pdf(each, now) for each in media if each.kind == PDF],
        )

    def readable(self, media_id: str) -> Document:
        """A PDF of a lesson that the caller may read."""
        document = self._find(media_id)
        if document is None or document.kind != PDF or not self._may_read(document.lesson_id):
            raise _hidden(MediaNotFound())
        return document

    def linked(self, request: pb.GetContentRequest) -> Document:
        """The document behind a signed link; LinkInvalid, LinkExpired, MediaNotFound."""
        ticket = Ticket(request.expires, request.learner, request.session, request.signature)
        self._link_check.check(content_path(request.media_id), ticket)
        document = self._find(request.media_id)
        if document is None:
            raise MediaNotFound
        return document

    def parts(self, document: Document) -> Iterator[HttpBody]:
        """The document in parts. It is opened at once, so that a failure is still told as one."""
        return _parts(self._store.open(document.digest), document.mime_type)

    def _find(self, media_id: str) -> Document | None:
        found = as_uuid(media_id)
        return repository.find_document(self._database, found) if found else None

    def _may_read(self, lesson_id: UUID) -> bool:
        caller = call.caller()
        if self._courses.may_read(str(lesson_id), caller.user_id):
            return True
        return caller.user_id is not None and self._may_change(lesson_id, caller)

    def _may_change(self, lesson_id: UUID, caller: Caller) -> bool:
        try:
            self._authors.check(str(lesson_id), caller)
        except (LessonNotFound, NotYourCourse):
            return False
        return True

    def _pdf(self, medium: LessonMedium, now: float) -> pb.Pdf:
        link = self._addresses.of(medium, now)
        return pb.Pdf(
            media_id=str(medium.media_id),
            title=medium.title,
            url=link.url,
            size_bytes=medium.size_bytes or 0,
            expire_time=Timestamp(seconds=link.expires),
        )

    def _video(
        self,
        medium: LessonMedium,
        of_lesson: Sequence[LessonMedium],
        watched: Watched | None,
        now: float,
    ) -> pb.Video:
        video = pb.Video(
            media_id=str(medium.media_id),
            title=medium.title,
            url=medium.url or "",
            mime_type=medium.mime_type or mime_type(medium.url or ""),
            duration_seconds=medium.duration_seconds or 0,
            size_bytes=medium.size_bytes or 0,
            captions=[
                self._captions(each, now) for each in captions_of(medium.media_id, of_lesson)
            ],
            position_seconds=watched.position_seconds if watched else 0,
            views=watched.views if watched else 0,
        )
        if medium.digest:
            link = self._addresses.of(medium, now)
            video.url, video.expire_time.seconds = link.url, link.expires
        return video

    def _captions(self, medium: LessonMedium, now: float) -> pb.Captions:
        link = self._addresses.of(medium, now)
        return pb.Captions(
            media_id=str(medium.media_id),
            language=medium.language or "",
            label=medium.title,
            url=link.url,
            expire_time=Timestamp(seconds=link.expires),
        )


def _parts(file: BinaryIO, content_type: str) -> Iterator[HttpBody]:
    with file:
        for data in pieces(file):
            yield HttpBody(content_type=content_type, data=data)
            content_type = ""


def _hidden(error: NotFound) -> DomainError:
    """The same for what is not there and for what the caller may not see."""
    return SignInRequired() if call.caller().user_id is None else error
