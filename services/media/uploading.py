"""Uploads: created for a lesson, filled once, and then what media are made of."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from typing import NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from services.clients.authors import AuthoredLesson, Authors
from services.kit.call import Caller
from services.kit.data.database import Database
from services.kit.data.durations import duration
from services.kit.data.objects.store import Incoming, ObjectStore
from services.kit.data.tables import as_uuid, timestamp
from services.kit.errors import InvalidFields, LinkExpired, LinkInvalid, SignInRequired, Violation
from services.kit.identity.revocations import Revocations
from services.kit.identity.secrets import Signer
from services.media import file_checks
from services.media.errors import (
    MediaQuotaExceeded,
    UploadFinished,
    UploadNotFinished,
    UploadNotFound,
)
from services.media.looking import Looking
from services.media.repository import authoring, objects, uploads
from services.media.repository.uploads import NewUpload, UploadRow
from services.media.shelf import Shelf
from stellr.media.v1 import media_authoring_service_pb2 as pb

# For sending the bytes, from when the upload is created.
SENDING = timedelta(hours=1)
# For making a medium of it, from when they have come.
KEPT = timedelta(hours=24)
# Also what was sent in the last second is there by then.
MARGIN = timedelta(minutes=15)
_SEPARATORS = re.compile(r"[/\\]")


class SignedUpload(NamedTuple):
    """What a signed upload URL says."""

    upload_id: str
    expires: int
    signature: str


class Uploading:
    """Creates uploads, and takes their bytes in."""

    def __init__(
        self,
        database: Database,
        authors: Authors,
        store: ObjectStore,
        shelf: Shelf,
        *,
        signer: Signer,
        revocations: Revocations,
        public_url: str,
        quota_bytes: int,
    ) -> None:
        self._database = database
        self._authors = authors
        self._store = store
        self._shelf = shelf
        self._signer = signer
        self._revocations = revocations
        self._public_url = public_url
        self._quota_bytes = quota_bytes
        self._looking = Looking()

    def create(self, request: pb.CreateUploadRequest, caller: Caller) -> pb.Upload:
        """An upload for a lesson of the caller's. Its bytes count from now on.

        LessonNotFound, NotYourCourse, InvalidFields, MediaQuotaExceeded.
        """
        lesson = self._authors.check(request.lesson_id, caller)
        new = _new(request, lesson, caller)
        file_checks.check_size(request.mime_type, request.size_bytes, "sizeBytes")
        return self.shown(self._create(new, SENDING))

    def bring(
        self, request: pb.CreateUploadRequest, caller: Caller, incoming: Incoming
    ) -> UploadRow:
        """The same for bytes that have come already."""
        lesson = self._authors.check(request.lesson_id, caller)
        new = _new(request, lesson, caller)
        file_checks.check(incoming.file, request.mime_type, "file")
        self._check_room(lesson.course_id, request.size_bytes)
        stored = self._shelf.put(incoming, request.mime_type)
        return self._create(new._replace(digest=stored.digest), KEPT)

    def check_lesson(self, lesson_id: str, caller: Caller) -> None:
        """Pass for a lesson that the caller may change; LessonNotFound, NotYourCourse."""
        self._authors.check(lesson_id, caller)

    def opened(self, link: SignedUpload) -> UploadRow:
        """The upload of a signed URL; LinkInvalid, LinkExpired, UploadNotFound."""
        if not self._signer.matches(_signed(link.upload_id, link.expires), link.signature):
            raise LinkInvalid
        if link.expires < time.time():
            raise LinkExpired
        upload = self.find(link.upload_id)
        if upload.session_id and self._revocations.has_ended(upload.session_id):
            raise LinkExpired
        return upload

    def send(self, request: pb.SendUploadRequest) -> pb.Upload:
        """Take the bytes of an upload that come in one message; as `opened` and `finish`."""
        upload = self.opened(signed_upload(request))
        with self.incoming() as incoming:
            incoming.write(request.content.data)
            return self.shown(self.finish(upload, incoming))

    def find(self, upload_id: str) -> UploadRow:
        """An upload whose time is not over; UploadNotFound."""
        found = as_uuid(upload_id)
        upload = found and uploads.find_upload(self._database, found)
        if not upload:
            raise UploadNotFound
        return upload

    def incoming(self) -> Incoming:
        """Begin to take bytes in."""
        return self._store.incoming()

    def finish(self, upload: UploadRow, incoming: Incoming) -> UploadRow:
        """The bytes of an upload have come: they are looked at, and kept.

        InvalidFields where they are not what the upload was created for. UploadFinished where it
        has others.
        """
        size = incoming.stored.size
        if size != upload.size_bytes:
            reason = f"{size:,} bytes came, and it was created for {upload.size_bytes:,}"
            raise InvalidFields([Violation("sizeBytes", reason)])
        file_checks.check(incoming.file, upload.mime_type, "mimeType")
        digest = incoming.stored.digest
        if digest != (upload.promised or digest):
            raise InvalidFields([Violation("digest", f"that of what came is {digest}")])
        if upload.digest is None:
            self._shelf.put(incoming, upload.mime_type)
        elif upload.digest != digest:
            raise UploadFinished
        finished = uploads.finish_upload(self._database, upload.upload_id, digest, KEPT)
        if finished is None:
            # Another request was faster, with other bytes; or the time is over.
            self.find(str(upload.upload_id))
            raise UploadFinished
        return finished

    def ready(self, upload_id: str, lesson_id: UUID, field: str) -> UploadRow:
        """An upload for a lesson whose bytes have come; where a bucket takes them, they are looked
        at now, which may take longer than the caller waits.

        InvalidFields on `field` where there is none for this lesson. UploadNotFinished.
        """
        found = as_uuid(upload_id)
        upload = found and uploads.find_upload(self._database, found)
        if not upload or upload.lesson_id != lesson_id:
            raise InvalidFields([Violation(field, "is no upload for this lesson")])
        if upload.digest is not None:
            return upload
        looked_at = self._looking.at(upload.upload_id, lambda: self._look(upload))
        if looked_at is None:
            raise UploadNotFinished("the bytes of the upload are being looked at: ask again")
        return looked_at

    def _look(self, upload: UploadRow) -> UploadRow:
        """Look at what a bucket has taken."""
        incoming = self._store.uploaded(str(upload.upload_id))
        if incoming is None:
            raise UploadNotFinished
        with incoming:
            return self.finish(upload, incoming)

    def seconds_of(self, upload: UploadRow) -> int:
        """How many seconds an uploaded video says that it is long; 0 where it does not."""
        with self._store.open(upload.digest or "") as file:
            return duration(file, upload.mime_type)

    def forget_expired(self) -> bool:
        """Forget uploads whose time is over, and what a bucket has of them; whether there may be
        more."""
        forgotten = uploads.forget_expired(self._database, MARGIN)
        for upload_id in forgotten:
            self._store.forget_uploaded(str(upload_id))
        return bool(forgotten)

    def shown(self, upload: UploadRow) -> pb.Upload:
        """The upload as its author is told of it."""
        shown = pb.Upload(
            upload_id=str(upload.upload_id),
            lesson_id=str(upload.lesson_id),
            file_name=upload.file_name,
            mime_type=upload.mime_type,
            size_bytes=upload.size_bytes,
            expire_time=timestamp(upload.expires_at),
        )
        if upload.digest is None:
            self._add_link(shown, upload)
        return shown

    def _add_link(self, shown: pb.Upload, upload: UploadRow) -> None:
        upload_id, expires = str(upload.upload_id), int(upload.expires_at.timestamp())
        shown.method = "PUT"
        link = self._store.upload_link(upload_id, upload.mime_type, upload.size_bytes, expires)
        if link is not None:
            shown.url = link.url
            shown.headers.update(link.headers)
            return
        query = {"expires": expires, "signature": self._signer.sign(_signed(upload_id, expires))}
        shown.url = f"{self._public_url}/media/uploads/{upload_id}?{urlencode(query)}"
        shown.headers["Content-Type"] = upload.mime_type

    def _create(self, new: NewUpload, time: timedelta) -> UploadRow:
        """Whoever else uploads for the course waits until it is written; MediaQuotaExceeded."""
        authoring.lock_course(self._database, new.course_id)
        self._check_room(new.course_id, new.size_bytes)
        created = uploads.create_upload(self._database, new, time)
        if created is None:
            # Of a person who is being erased nothing is kept.
            raise SignInRequired
        return created

    def _check_room(self, course_id: UUID, size: int) -> None:
        """Who deletes has room again, but not again and again: the bytes stay for a day or two."""
        used = objects.used_bytes(self._database, course_id) + size
        if used > self._quota_bytes:
            raise MediaQuotaExceeded(used, self._quota_bytes)
        kept, most = objects.kept_bytes(self._database, course_id) + size, 2 * self._quota_bytes
        if kept > most:
            raise MediaQuotaExceeded(kept, most, ", with those deleted within a day,")


def _new(request: pb.CreateUploadRequest, lesson: AuthoredLesson, caller: Caller) -> NewUpload:
    if caller.user_id is None:
        raise SignInRequired
    return NewUpload(
        user_id=caller.user_id,
        session_id=caller.session_id,
        course_id=lesson.course_id,
        lesson_id=lesson.lesson_id,
        file_name=checked_name(request.file_name),
        mime_type=request.mime_type,
        size_bytes=request.size_bytes,
        promised=request.digest or None,
    )


def checked_name(file_name: str) -> str:
    """The last part of a path; InvalidFields where that is no name."""
    name = _SEPARATORS.split(file_name)[-1].strip()
    if name in ("", ".", ".."):
        raise InvalidFields([Violation("fileName", "names no file")])
    return name


def signed_upload(request: pb.SendUploadRequest) -> SignedUpload:
    """What the URL of the request says."""
    return SignedUpload(request.upload_id, request.expires, request.signature)


def _signed(upload_id: str, expires: int) -> str:
    return f"{upload_id}:{expires}"
