"""Setting the media of lessons: what stays keeps its id, and the same again changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from uuid import UUID

from services.kit.data.database import Database
from services.kit.errors import InvalidFields, Violation
from services.kit.urls import web_fault
from services.media.kinds import ATTACHMENT, CAPTION, PDF, VIDEO, content_path
from services.media.repository import media as repository
from services.media.repository.authoring import lock_course
from services.media.repository.media import LessonMedium, Row, captions_of
from services.media.repository.objects import known_digests
from stellr.media.v1 import media_internal_service_pb2 as pb


class WantedCaptions(NamedTuple):
    """Captions as the author of their video wants them."""

    language: str
    title: str
    digest: str


class Wanted(NamedTuple):
    """A medium as its author wants it: a provider's video by `url`, all else by `digest`."""

    kind: str
    title: str
    url: str | None
    digest: str | None
    duration_seconds: int | None = None
    captions: tuple[WantedCaptions, ...] = ()


class LessonMediaEditor:
    """Sets the media of lessons."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def set(self, request: pb.SetCourseMediaRequest) -> pb.SetCourseMediaResponse:
        """Set the media of lessons, and say where their attachments are found.

        InvalidFields names each object that was not uploaded, or an address that no browser may be
        sent to; then nothing changed. Changes to one course take turns.
        """
        course_id = UUID(request.course_id)
        _check_urls(request.lessons)
        self._check_uploaded(request.lessons)
        lock_course(self._database, course_id)
        changed = self._set_listed(course_id, request.lessons)
        attachments, added = self._attach(course_id, request.lessons)
        return pb.SetCourseMediaResponse(changed=changed or added, attachments=attachments)

    def _set_listed(self, course_id: UUID, lessons: Sequence[pb.LessonMediaContent]) -> bool:
        """Set what is listed beside a lesson; whether anything changed."""
        db = self._database.session
        known = repository.list_media_of(db, [UUID(lesson.lesson_id) for lesson in lessons])
        changed = {}
        for lesson in lessons:
            lesson_id, asked = UUID(lesson.lesson_id), wanted(lesson)
            media = known.get(lesson_id, [])
            if asked != _as_wanted(media):
                changed[lesson_id] = rows(course_id, lesson_id, asked, media)
        if changed:
            repository.replace_media(db, changed)
        return bool(changed)

    def _attach(
        self, course_id: UUID, lessons: Sequence[pb.LessonMediaContent]
    ) -> tuple[list[pb.StoredAttachment], bool]:
        """Keep what texts refer to: where each of it is found, and whether any is new."""
        db = self._database.session
        asked = [
            repository.Attached(UUID(lesson.lesson_id), each.digest, each.file_name)
            for lesson in lessons
            for each in lesson.attachments
        ]
        added = repository.add_attachments(db, course_id, asked)
        known = repository.find_attachments(db, {each.lesson_id for each in asked})
        return [_stored(each, known[each]) for each in asked], added

    def _check_uploaded(self, lessons: Sequence[pb.LessonMediaContent]) -> None:
        digests = {
            f"lessons[{number}].{path}.digest": digest
            for number, lesson in enumerate(lessons)
            for path, digest in _digests(lesson)
        }
        uploaded = known_digests(self._database, set(digests.values()))
        missing = [
            Violation(path, "was not uploaded")
            for path, digest in digests.items()
            if digest not in uploaded
        ]
        if missing:
            raise InvalidFields(missing)


def _check_urls(lessons: Sequence[pb.LessonMediaContent]) -> None:
    wrong = [
        Violation(f"lessons[{number}].videos[{index}].url", fault)
        for number, lesson in enumerate(lessons)
        for index, video in enumerate(lesson.videos)
        if video.url and (fault := web_fault(video.url))
    ]
    if wrong:
        raise InvalidFields(wrong)


def wanted(lesson: pb.LessonMediaContent) -> list[Wanted]:
    """What is asked for a lesson, in order."""
    videos = [
        Wanted(
            VIDEO,
            video.title,
            video.url or None,
            video.digest or None,
            video.duration_seconds or None,
            tuple(_captions(video)),
        )
        for video in lesson.videos
    ]
    return videos + [Wanted(PDF, pdf.title, None, pdf.digest) for pdf in lesson.pdfs]


def _captions(video: pb.VideoLink) -> Iterator[WantedCaptions]:
    for each in video.captions:
        yield WantedCaptions(each.language, each.label, each.digest)


def rows(
    course_id: UUID, lesson_id: UUID, asked: Sequence[Wanted], known: Sequence[LessonMedium]
) -> list[Row]:
    """The rows of the media; one with the link or the bytes of a known one takes over its id."""
    ids: dict[tuple[str, str | None, str | None], list[UUID]] = {}
    for medium in known:
        ids.setdefault((medium.kind, medium.url, medium.digest), []).append(medium.media_id)
    of: Row = {"lesson_id": str(lesson_id), "course_id": str(course_id)}
    found = []
    for position, each in enumerate(asked):
        free = ids.get((each.kind, each.url, each.digest))
        media_id = str(free.pop(0)) if free else None
        captions = [
            of | {"position": number} | caption._asdict()
            for number, caption in enumerate(each.captions)
        ]
        place = {"media_id": media_id, "position": position} | of
        found.append(place | each._asdict() | {"captions": captions})
    return found


def _as_wanted(media: Sequence[LessonMedium]) -> list[Wanted]:
    return [
        Wanted(
            each.kind,
            each.title,
            each.url,
            each.digest,
            each.duration_seconds,
            tuple(
                WantedCaptions(captions.language or "", captions.title, captions.digest or "")
                for captions in captions_of(each.media_id, media)
            ),
        )
        for each in media
        if each.kind != CAPTION
    ]


def _digests(lesson: pb.LessonMediaContent) -> Iterator[tuple[str, str]]:
    """The digests of a lesson's files, with the paths of the fields they are in."""
    for index, video in enumerate(lesson.videos):
        if video.digest:
            yield f"videos[{index}]", video.digest
        for number, captions in enumerate(video.captions):
            yield f"videos[{index}].captions[{number}]", captions.digest
    yield from ((f"pdfs[{index}]", pdf.digest) for index, pdf in enumerate(lesson.pdfs))
    for index, attachment in enumerate(lesson.attachments):
        yield f"attachments[{index}]", attachment.digest


def _stored(attached: repository.Attached, media_id: UUID) -> pb.StoredAttachment:
    return pb.StoredAttachment(
        lesson_id=str(attached.lesson_id),
        digest=attached.digest,
        file_name=attached.file_name,
        path=content_path(media_id),
    )


def listed(db: Database, lesson_ids: Sequence[UUID]) -> pb.ListLessonMediaResponse:
    """What belongs to lessons, in their order, and what their texts refer to."""
    response = pb.ListLessonMediaResponse()
    found: dict[UUID, list[repository.LessonPart]] = {}
    for part in repository.read_media_of(db, lesson_ids):
        found.setdefault(part.lesson_id, []).append(part)
    for lesson_id in lesson_ids:
        media = found.get(lesson_id, [])
        if any(each.kind != ATTACHMENT for each in media):
            response.lessons.append(_content(lesson_id, media))
        response.attachments.extend(_attached(each) for each in media if each.kind == ATTACHMENT)
    return response


def _content(lesson_id: UUID, media: Sequence[repository.LessonPart]) -> pb.LessonMediaContent:
    return pb.LessonMediaContent(
        lesson_id=str(lesson_id),
        videos=[
            _video(each, captions_of(each.media_id, media)) for each in media if each.kind == VIDEO
        ],
        pdfs=[
            pb.PdfFile(digest=each.digest or "", title=each.title)
            for each in media
            if each.kind == PDF
        ],
    )


def _video(video: repository.LessonPart, captions: Iterable[repository.LessonPart]) -> pb.VideoLink:
    files = [
        pb.CaptionsFile(language=each.language or "", label=each.title, digest=each.digest or "")
        for each in captions
    ]
    source = {"url": video.url} if video.url else {"digest": video.digest}
    return pb.VideoLink(
        title=video.title,
        duration_seconds=video.duration_seconds or 0,
        captions=files,
        mime_type=video.mime_type or "",
        **source,
    )


def _attached(part: repository.LessonPart) -> pb.StoredAttachment:
    attached = repository.Attached(part.lesson_id, part.digest or "", part.title)
    return _stored(attached, part.media_id)
