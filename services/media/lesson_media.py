"""Setting the media of a lesson: what stays keeps its id, and the same again changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from services.kit.errors import InvalidFields, Violation
from services.kit.process.runtime import Runtime
from services.media import repository
from services.media.repository import LessonMedium, Row
from stellr.media.v1 import media_internal_service_pb2 as pb

VIDEO, PDF = "video", "pdf"


class Wanted(NamedTuple):
    """A medium as its author wants it: a video by its `url`, a PDF by its `digest`."""

    kind: str
    title: str
    url: str | None
    digest: str | None


class LessonMediaEditor:
    """Sets the media of lessons."""

    def __init__(self, runtime: Runtime) -> None:
        self._database = runtime.database

    def set(self, request: pb.SetLessonMediaRequest) -> bool:
        """Set the media of a lesson; whether anything changed.

        InvalidFields names each PDF that was not uploaded.
        """
        db, lesson_id = self._database.session, UUID(request.lesson_id)
        self._check_uploaded(request.pdfs)
        repository.lock_lesson(db, lesson_id)
        known = repository.list_media(db, lesson_id)
        asked = wanted(request)
        if asked == [_as_wanted(each) for each in known]:
            return False
        repository.replace_media(db, lesson_id, rows(asked, known))
        return True

    def _check_uploaded(self, pdfs: Sequence[pb.PdfFile]) -> None:
        uploaded = repository.known_digests(self._database.session, [pdf.digest for pdf in pdfs])
        missing = [
            Violation(f"pdfs[{index}].digest", "was not uploaded")
            for index, pdf in enumerate(pdfs)
            if pdf.digest not in uploaded
        ]
        if missing:
            raise InvalidFields(missing)


def wanted(request: pb.SetLessonMediaRequest) -> list[Wanted]:
    """What the request asks for, in order."""
    videos = [Wanted(VIDEO, video.title, video.url, None) for video in request.videos]
    return videos + [Wanted(PDF, pdf.title, None, pdf.digest) for pdf in request.pdfs]


def rows(asked: Sequence[Wanted], known: Sequence[LessonMedium]) -> list[Row]:
    """The rows of the media; one with the link or the bytes of a known one takes over its id."""
    ids: dict[tuple[str | None, str | None], list[UUID]] = {}
    for medium in known:
        ids.setdefault((medium.url, medium.digest), []).append(medium.media_id)
    found = []
    for position, each in enumerate(asked):
        free = ids.get((each.url, each.digest))
        media_id = str(free.pop(0)) if free else None
        found.append({"media_id": media_id, "position": position, **each._asdict()})
    return found


def _as_wanted(medium: LessonMedium) -> Wanted:
    return Wanted(medium.kind, medium.title, medium.url, medium.digest)
