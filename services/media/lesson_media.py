"""Setting the media of lessons: what stays keeps its id, and the same again changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from services.kit.data.database import Database
from services.kit.errors import InvalidFields, Violation
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

    def __init__(self, database: Database) -> None:
        self._database = database

    def set(self, request: pb.SetCourseMediaRequest) -> bool:
        """Set the media of lessons; whether anything changed.

        InvalidFields names each object that was not uploaded; then nothing changed. Changes to
        one course take turns.
        """
        db = self._database.session
        self._check_uploaded(request.lessons)
        repository.lock_course(db, UUID(request.course_id))
        known = repository.list_media_of(db, [UUID(each.lesson_id) for each in request.lessons])
        changed = {}
        for lesson in request.lessons:
            lesson_id, asked = UUID(lesson.lesson_id), wanted(lesson)
            media = known.get(lesson_id, [])
            if asked != [_as_wanted(each) for each in media]:
                changed[lesson_id] = rows(lesson_id, asked, media)
        if changed:
            repository.replace_media(db, changed)
        return bool(changed)

    def _check_uploaded(self, lessons: Sequence[pb.LessonMediaContent]) -> None:
        digests = {
            f"lessons[{number}].pdfs[{index}].digest": pdf.digest
            for number, lesson in enumerate(lessons)
            for index, pdf in enumerate(lesson.pdfs)
        }
        uploaded = repository.known_digests(self._database.session, set(digests.values()))
        missing = [
            Violation(path, "was not uploaded")
            for path, digest in digests.items()
            if digest not in uploaded
        ]
        if missing:
            raise InvalidFields(missing)


def wanted(lesson: pb.LessonMediaContent) -> list[Wanted]:
    """What is asked for a lesson, in order."""
    videos = [Wanted(VIDEO, video.title, video.url, None) for video in lesson.videos]
    return videos + [Wanted(PDF, pdf.title, None, pdf.digest) for pdf in lesson.pdfs]


def rows(lesson_id: UUID, asked: Sequence[Wanted], known: Sequence[LessonMedium]) -> list[Row]:
    """The rows of the media; one with the link or the bytes of a known one takes over its id."""
    ids: dict[tuple[str | None, str | None], list[UUID]] = {}
    for medium in known:
        ids.setdefault((medium.url, medium.digest), []).append(medium.media_id)
    found = []
    for position, each in enumerate(asked):
        free = ids.get((each.url, each.digest))
        media_id = str(free.pop(0)) if free else None
        place = {"media_id": media_id, "lesson_id": str(lesson_id), "position": position}
        found.append(place | each._asdict())
    return found


def _as_wanted(medium: LessonMedium) -> Wanted:
    return Wanted(medium.kind, medium.title, medium.url, medium.digest)
