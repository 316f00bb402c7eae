"""Files on their way to a lesson."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from services.kit.data.database import Database
from services.kit.data.statements import Statement, WholeWrite, Write, nothing, scalar


class UploadRow(NamedTuple):
    """An upload; `digest` is None until its bytes have come, `media_id` until it is a medium.

    `promised` is the digest that they are to have, where that was said; `session_id` the session in
    which it was created.
    """

    upload_id: UUID
    lesson_id: UUID
    course_id: UUID
    file_name: str
    mime_type: str
    size_bytes: int
    promised: str | None
    digest: str | None
    session_id: UUID | None
    media_id: UUID | None
    expires_at: datetime


class ExportedUpload(NamedTuple):
    """An upload as its person is told of it."""

    upload_id: UUID
    lesson_id: UUID
    file_name: str
    mime_type: str
    size_bytes: int
    created_at: datetime


_COLUMNS = ", ".join(UploadRow._fields)
_CREATE = Write(
    f"""
    INSERT INTO uploads (
        user_id, session_id, course_id, lesson_id, file_name, mime_type, size_bytes, promised,
        digest, expires_at
    ) VALUES (
        :user_id, :session_id, :course_id, :lesson_id, :file_name, :mime_type, :size_bytes,
        :promised, :digest, now() + :time
    ) RETURNING {_COLUMNS}
    """,
    UploadRow,
)
_FIND = Statement(
    f"SELECT {_COLUMNS} FROM uploads WHERE upload_id = :upload_id AND expires_at > now()",
    UploadRow,
)
_HOLD = Write(
    f"""
    SELECT {_COLUMNS} FROM uploads WHERE upload_id = :upload_id AND expires_at > now()
    FOR UPDATE
    """,
    UploadRow,
)
# Once for each upload; the same bytes again change nothing.
_FINISH = WholeWrite(
    f"""
    UPDATE uploads SET digest = :digest, expires_at = greatest(expires_at, now() + :time)
    WHERE upload_id = :upload_id AND expires_at > now() AND coalesce(digest, :digest) = :digest
    RETURNING {_COLUMNS}
    """,
    UploadRow,
)
_USE = Write("UPDATE uploads SET media_id = :media_id WHERE upload_id = :upload_id", nothing)
_FORGET_EXPIRED = Write(
    """
    DELETE FROM uploads WHERE upload_id = ANY(ARRAY(
        SELECT upload_id FROM uploads WHERE expires_at < now() - :margin
        ORDER BY expires_at LIMIT 100 FOR UPDATE SKIP LOCKED
    )) RETURNING upload_id
    """,
    scalar,
)
_EXPORT = Statement(
    f"""
    SELECT {", ".join(ExportedUpload._fields)} FROM uploads
    WHERE user_id = :user_id AND upload_id > :after ORDER BY upload_id LIMIT :limit
    """,
    ExportedUpload,
)
_ERASE = Write("DELETE FROM uploads WHERE user_id = :user_id", nothing)


class NewUpload(NamedTuple):
    """What an upload is created of; with a `digest` its bytes have come."""

    user_id: UUID
    session_id: UUID | None
    course_id: UUID
    lesson_id: UUID
    file_name: str
    mime_type: str
    size_bytes: int
    promised: str | None = None
    digest: str | None = None


def create_upload(db: Database, upload: NewUpload, time: timedelta) -> UploadRow | None:
    """A new upload, good for a time; None where the person was erased."""
    return db.first(_CREATE, **upload._asdict(), time=time)


def find_upload(db: Database, upload_id: UUID) -> UploadRow | None:
    """An upload whose time is not over, or None."""
    return db.first(_FIND, upload_id=upload_id)


def hold_upload(db: Database, upload_id: UUID) -> UploadRow | None:
    """The same, until the end of the transaction nobody else's."""
    return db.first(_HOLD, upload_id=upload_id)


def finish_upload(db: Database, upload_id: UUID, digest: str, time: timedelta) -> UploadRow | None:
    """The bytes have come: a medium may be made of them for a time at least. None where the
    upload has other bytes, or its time is over."""
    return db.first(_FINISH, upload_id=upload_id, digest=digest, time=time)


def use_upload(db: Database, upload_id: UUID, media_id: UUID) -> None:
    """A medium was made of it."""
    db.run(_USE, upload_id=upload_id, media_id=media_id)


def forget_expired(db: Database, margin: timedelta) -> Sequence[UUID]:
    """Forget some uploads whose time is over for longer than the margin; which they were."""
    return db.all(_FORGET_EXPIRED, margin=margin)


def export_uploads(
    db: Database, user_id: UUID, after: UUID, limit: int
) -> Sequence[ExportedUpload]:
    """The uploads of a person after one of them, oldest first."""
    return db.all(_EXPORT, user_id=user_id, after=after, limit=limit)


def erase_uploads(db: Database, user_id: UUID) -> None:
    """Forget all uploads of a person. Of what became media nobody knows whose it was."""
    db.run(_ERASE, user_id=user_id)
