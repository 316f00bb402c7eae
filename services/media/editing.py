"""What authors do with the videos and PDFs of their lessons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple
from uuid import UUID

from services.clients.authors import AuthoredLesson, Authors
from services.clients.errors import LessonNotFound
from services.kit.call import Caller
from services.kit.data.database import Database
from services.kit.data.file_types import FILMS, VTT
from services.kit.data.file_types import PDF as PDF_TYPE
from services.kit.data.tables import as_uuid
from services.kit.errors import InvalidFields, Violation, together
from services.kit.rpc.masks import named_values, path_of
from services.media.errors import MediaNotFound, TooManyMedia, UploadNotFound
from services.media.kinds import PDF, VIDEO
from services.media.repository import authoring, uploads
from services.media.repository.authoring import NewCaption, NewMedium, OwnedMedium
from services.media.repository.uploads import UploadRow
from services.media.uploading import Uploading
from services.media.videos import check_url
from stellr.media.v1 import media_authoring_service_pb2 as pb

# Of a lesson; and so many can an import bring.
MOST_MEDIA = 50
MOST_CAPTIONS = 100


class Change(NamedTuple):
    """A medium that the caller may change, and its lesson."""

    medium: OwnedMedium
    lesson: AuthoredLesson


class _Captions(NamedTuple):
    """Captions that were uploaded."""

    language: str
    label: str
    upload: UploadRow


class Editing:
    """LessonNotFound, MediaNotFound and NotYourCourse in each.

    What an upload holds is looked at first; then the media of the course are locked, so that places
    and counts are right.
    """

    def __init__(self, database: Database, authors: Authors, uploading: Uploading) -> None:
        self._database = database
        self._authors = authors
        self._uploading = uploading

    def attach_pdf(self, request: pb.AttachPdfRequest, caller: Caller) -> OwnedMedium:
        """Add an uploaded PDF; InvalidFields, UploadNotFinished, TooManyMedia."""
        lesson = self._authors.check(request.lesson_id, caller)
        upload = self._uploading.ready(request.upload_id, lesson.lesson_id, "uploadId")
        _check_type(upload, {PDF_TYPE}, "uploadId", "PDF")
        title = request.title or PurePosixPath(upload.file_name).stem or upload.file_name
        medium = NewMedium(
            lesson.lesson_id, lesson.course_id, PDF, title, url=None, digest=upload.digest
        )
        return self._of_upload(upload, medium)

    def link_video(self, request: pb.LinkVideoRequest, caller: Caller) -> OwnedMedium:
        """Add a video; InvalidFields, UploadNotFinished, TooManyMedia."""
        lesson = self._authors.check(request.lesson_id, caller)
        _check_languages([each.language for each in request.captions])
        *captions, medium = together(
            *(self._captions(lesson, each, index) for index, each in enumerate(request.captions)),
            lambda: self._video(lesson, request),
        )
        if request.upload_id:
            upload = self._uploading.find(request.upload_id)
            return self._of_upload(upload, medium, captions)
        authoring.lock_course(self._database, lesson.course_id)
        return self._add(medium, captions)

    def update(self, request: pb.UpdateMediaRequest, caller: Caller) -> OwnedMedium:
        """Change a medium; InvalidFields."""
        medium, lesson = self._owned(request.media_id, caller)
        clearable = {"title", "duration_seconds"} if medium.kind == VIDEO else ()
        values = named_values(
            request.media, request.update_mask.paths, body="media", clearable=clearable
        )
        if medium.kind == PDF and values.get("duration_seconds"):
            path = path_of(request.media, "duration_seconds", "media")
            raise InvalidFields([Violation(path, "a PDF has none")])
        authoring.lock_course(self._database, lesson.course_id)
        if "title" in values:
            authoring.set_title(self._database, medium.media_id, values["title"])
        if "duration_seconds" in values:
            seconds = values["duration_seconds"] or None
            authoring.set_duration(self._database, medium.media_id, seconds)
        if "position" in values:
            authoring.number_media(
                self._database, medium.lesson_id, medium.media_id, values["position"]
            )
        return self._found(medium.media_id)

    def delete(self, media_id: str, caller: Caller) -> None:
        """Take a medium from its lesson."""
        medium, lesson = self._owned(media_id, caller)
        authoring.lock_course(self._database, lesson.course_id)
        if not authoring.delete_medium(self._database, medium.media_id):
            raise MediaNotFound

    def set_captions(self, request: pb.SetCaptionsRequest, caller: Caller) -> OwnedMedium:
        """Give a video captions in a language; InvalidFields, UploadNotFinished, TooManyMedia."""
        medium, lesson = self._owned(request.media_id, caller)
        if medium.kind != VIDEO:
            raise MediaNotFound
        upload = self._uploading.ready(request.upload_id, medium.lesson_id, "uploadId")
        _check_type(upload, {VTT}, "uploadId", "WebVTT file")
        authoring.lock_course(self._database, lesson.course_id)
        found = self._found(medium.media_id)
        self._set_captions(found, lesson.course_id, _captions(request, upload))
        if authoring.count_captions(self._database, medium.media_id) > MOST_CAPTIONS:
            raise TooManyMedia(MOST_CAPTIONS)
        return found

    def delete_captions(self, media_id: str, language: str, caller: Caller) -> None:
        """Take the captions in a language from a video."""
        medium, lesson = self._owned(media_id, caller)
        authoring.lock_course(self._database, lesson.course_id)
        authoring.delete_caption(self._database, medium.media_id, language)

    def _owned(self, media_id: str, caller: Caller) -> Change:
        found = as_uuid(media_id)
        medium = found and authoring.find_medium(self._database, found)
        if not medium:
            raise MediaNotFound
        try:
            return Change(medium, self._authors.check(str(medium.lesson_id), caller))
        except LessonNotFound:
            raise MediaNotFound from None

    def _found(self, media_id: UUID) -> OwnedMedium:
        found = authoring.find_medium(self._database, media_id)
        if found is None:
            raise MediaNotFound
        return found

    def _video(self, lesson: AuthoredLesson, request: pb.LinkVideoRequest) -> NewMedium:
        seconds, digest = request.duration_seconds, None
        if request.upload_id:
            upload = self._uploading.ready(request.upload_id, lesson.lesson_id, "uploadId")
            _check_type(upload, FILMS, "uploadId", "MP4 or WebM")
            seconds, digest = seconds or self._uploading.seconds_of(upload), upload.digest
        else:
            check_url(request.url, "url")
        return NewMedium(
            lesson.lesson_id,
            lesson.course_id,
            VIDEO,
            request.title,
            url=None if digest else request.url,
            digest=digest,
            duration_seconds=seconds or None,
        )

    def _captions(
        self, lesson: AuthoredLesson, asked: pb.NewCaptions, index: int
    ) -> Callable[[], _Captions]:
        field = f"captions[{index}].uploadId"

        def ready() -> _Captions:
            upload = self._uploading.ready(asked.upload_id, lesson.lesson_id, field)
            _check_type(upload, {VTT}, field, "WebVTT file")
            return _captions(asked, upload)

        return ready

    def _of_upload(
        self, upload: UploadRow, medium: NewMedium, captions: Sequence[_Captions] = ()
    ) -> OwnedMedium:
        """Make a medium of an upload, unless one was made of it."""
        authoring.lock_course(self._database, medium.course_id)
        held = uploads.hold_upload(self._database, upload.upload_id)
        if held is None:
            raise UploadNotFound
        made = held.media_id and authoring.find_medium(self._database, held.media_id)
        if made:
            return made
        added = self._add(medium, captions)
        uploads.use_upload(self._database, upload.upload_id, added.media_id)
        return added

    def _add(self, medium: NewMedium, captions: Sequence[_Captions]) -> OwnedMedium:
        """Add a medium to a lesson of the course, which is locked."""
        if authoring.count_media(self._database, medium.lesson_id, medium.kind) >= MOST_MEDIA:
            raise TooManyMedia(MOST_MEDIA)
        added = self._found(authoring.add_medium(self._database, medium))
        for each in captions:
            self._set_captions(added, medium.course_id, each)
        return added

    def _set_captions(self, video: OwnedMedium, course_id: UUID, captions: _Captions) -> None:
        new = NewCaption(
            lesson_id=video.lesson_id,
            course_id=course_id,
            video_id=video.media_id,
            language=captions.language,
            label=captions.label,
            digest=captions.upload.digest or "",
        )
        authoring.set_caption(self._database, new)
        uploads.use_upload(self._database, captions.upload.upload_id, video.media_id)


def _captions(asked: pb.NewCaptions | pb.SetCaptionsRequest, upload: UploadRow) -> _Captions:
    return _Captions(asked.language, asked.label or asked.language, upload)


def _check_type(upload: UploadRow, types: set[str] | frozenset[str], field: str, name: str) -> None:
    if upload.mime_type not in types:
        raise InvalidFields([Violation(field, f"is no {name} but {upload.mime_type}")])


def _check_languages(languages: Sequence[str]) -> None:
    lower = [each.lower() for each in languages]
    twice = [index for index, each in enumerate(lower) if each in lower[:index]]
    if twice:
        reason = "is the language of others before"
        raise InvalidFields([Violation(f"captions[{index}].language", reason) for index in twice])
