"""Every SQL statement of media."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session as Db

from services.kit.data.database import Database
from services.kit.data.statements import Statement, scalar
from services.media.kinds import ATTACHMENT, CAPTION, PDF, VIDEO
from services.media.models import Media, StoredObject

Row = dict[str, Any]

# What stays keeps its row, and with it what hangs on that.
_SET_MEDIA = sa.text("""
    INSERT INTO media (
        media_id, lesson_id, course_id, kind, position, title, url, digest, duration_seconds
    )
    SELECT coalesce(media_id, uuidv7()), lesson_id, course_id, kind, position, title, url, digest,
        duration_seconds
    FROM json_populate_recordset(NULL::media, CAST(:rows AS json))
    ON CONFLICT (media_id) DO UPDATE SET course_id = excluded.course_id,
        position = excluded.position, title = excluded.title,
        duration_seconds = excluded.duration_seconds
    RETURNING media_id, lesson_id, position
""")
_SET_CAPTIONS = sa.text(f"""
    INSERT INTO media (
        lesson_id, course_id, kind, position, title, digest, video_id, language
    )
    SELECT lesson_id, course_id, '{CAPTION}', position, title, digest, video_id, language
    FROM json_populate_recordset(NULL::media, CAST(:rows AS json))
    ON CONFLICT (video_id, lower(language)) WHERE kind = '{CAPTION}' DO UPDATE SET
        course_id = excluded.course_id, position = excluded.position, title = excluded.title,
        language = excluded.language
""")
# Captions with other bytes are others: what was fetched of the old ones is not theirs.
_DELETE_OTHER_CAPTIONS = sa.text(f"""
    DELETE FROM media WHERE kind = '{CAPTION}' AND video_id = ANY(:video_ids) AND NOT EXISTS (
        SELECT FROM json_populate_recordset(NULL::media, CAST(:rows AS json)) wanted
        WHERE wanted.video_id = media.video_id AND wanted.digest = media.digest
            AND lower(wanted.language) = lower(media.language)
    )
""")
_ADD_ATTACHMENTS = sa.text(f"""
    INSERT INTO media (lesson_id, course_id, kind, position, title, digest)
    SELECT lesson_id, course_id, '{ATTACHMENT}', 0, title, digest
    FROM json_populate_recordset(NULL::media, CAST(:rows AS json))
    ON CONFLICT (lesson_id, digest, title) WHERE kind = '{ATTACHMENT}' DO NOTHING
    RETURNING 1
""")


class LessonMedium(NamedTuple):
    """A medium of a lesson, or captions of one; size and type are None for a provider's video."""

    media_id: UUID
    kind: str
    title: str
    url: str | None
    digest: str | None
    size_bytes: int | None = None
    mime_type: str | None = None
    duration_seconds: int | None = None
    language: str | None = None
    video_id: UUID | None = None


class Attached(NamedTuple):
    """A file that the text of a lesson refers to."""

    lesson_id: UUID
    digest: str
    file_name: str


class Document(NamedTuple):
    """A medium whose bytes are in the object store."""

    media_id: UUID
    lesson_id: UUID
    kind: str
    title: str
    digest: str
    mime_type: str
    # When its bytes were kept.
    created_at: datetime


_FIND_DOCUMENT = Statement(
    """
    SELECT media_id, lesson_id, kind, title, digest, mime_type, objects.created_at
    FROM media JOIN objects USING (digest) WHERE media_id = :media_id
    """,
    Document,
)
_LIST_MEDIA = Statement(
    f"""
    SELECT media_id, kind, title, url, digest, size_bytes, mime_type, duration_seconds, language,
        video_id
    FROM media LEFT JOIN objects USING (digest)
    WHERE lesson_id = :lesson_id AND kind <> '{ATTACHMENT}' ORDER BY position
    """,
    LessonMedium,
)


class LessonPart(NamedTuple):
    """A medium of a lesson, or what its text refers to."""

    lesson_id: UUID
    media_id: UUID
    kind: str
    title: str
    url: str | None
    digest: str | None
    mime_type: str | None
    duration_seconds: int | None
    language: str | None
    video_id: UUID | None


_READ_MEDIA_OF = Statement(
    """
    SELECT lesson_id, media_id, kind, title, url, digest, mime_type, duration_seconds, language,
        video_id
    FROM media LEFT JOIN objects USING (digest)
    WHERE lesson_id = ANY(:lesson_ids) ORDER BY lesson_id, position, media_id
    """,
    LessonPart,
)


def read_media_of(db: Database, lesson_ids: Sequence[UUID]) -> Sequence[LessonPart]:
    """All that belongs to lessons, that of each in order."""
    return db.all(_READ_MEDIA_OF, lesson_ids=list(lesson_ids))


_LESSON_OF = Statement(
    f"SELECT lesson_id FROM media WHERE media_id = :media_id AND kind IN ('{VIDEO}', '{PDF}')",
    scalar,
)


def lesson_of(db: Database, media_id: UUID) -> UUID | None:
    """The lesson of a video or a PDF, or None."""
    return db.first(_LESSON_OF, media_id=media_id)


def find_document(db: Database, media_id: UUID) -> Document | None:
    """A medium with bytes in the store, or None."""
    return db.first(_FIND_DOCUMENT, media_id=media_id)


def list_media(db: Database, lesson_id: UUID) -> Sequence[LessonMedium]:
    """The media of a lesson, in order."""
    return db.all(_LIST_MEDIA, lesson_id=lesson_id)


class HasVideo(Protocol):
    """A row that may be captions of a video."""

    @property
    def video_id(self) -> UUID | None:
        """The video, of captions alone."""


Part = TypeVar("Part", bound=HasVideo)


def captions_of(video_id: UUID, media: Iterable[Part]) -> list[Part]:
    """What of the media of a lesson are captions of a video, in order."""
    return [each for each in media if each.video_id == video_id]


def list_media_of(db: Db, lesson_ids: Collection[UUID]) -> dict[UUID, list[LessonMedium]]:
    """What is listed beside lessons, in order, by lesson."""
    statement = (
        sa.select(
            Media.lesson_id,
            Media.media_id,
            Media.kind,
            Media.title,
            Media.url,
            Media.digest,
            StoredObject.size_bytes,
            StoredObject.mime_type,
            Media.duration_seconds,
            Media.language,
            Media.video_id,
        )
        .outerjoin(StoredObject, StoredObject.digest == Media.digest)
        .where(Media.lesson_id.in_(lesson_ids), Media.kind != ATTACHMENT)
        .order_by(Media.position)
    )
    found: dict[UUID, list[LessonMedium]] = {}
    for row in db.execute(statement):
        found.setdefault(row.lesson_id, []).append(LessonMedium(*row[1:]))
    return found


def replace_media(db: Db, media: Mapping[UUID, Sequence[Row]]) -> None:
    """Put these media in the place of those that their lessons had; rows keep their `media_id`.

    `captions` of a row are rows of their own.
    """
    rows = [row for of_lesson in media.values() for row in of_lesson]
    kept = [UUID(row["media_id"]) for row in rows if row["media_id"]]
    listed = sa.and_(Media.lesson_id.in_(media), Media.kind.in_((VIDEO, PDF)))
    db.execute(sa.delete(Media).where(listed, Media.media_id.not_in(kept)))
    placed = db.execute(_SET_MEDIA, {"rows": json.dumps(rows)})
    ids = {(str(row.lesson_id), row.position): row.media_id for row in placed}
    captions = [
        caption | {"video_id": str(ids[row["lesson_id"], row["position"]])}
        for row in rows
        for caption in row["captions"]
    ]
    values = {"rows": json.dumps(captions)}
    db.execute(_DELETE_OTHER_CAPTIONS, values | {"video_ids": list(ids.values())})
    db.execute(_SET_CAPTIONS, values)


def add_attachments(db: Db, course_id: UUID, attached: Collection[Attached]) -> bool:
    """Know what texts refer to; whether any of it is new."""
    rows = [
        {
            "lesson_id": str(each.lesson_id),
            "course_id": str(course_id),
            "digest": each.digest,
            "title": each.file_name,
        }
        for each in attached
    ]
    return db.execute(_ADD_ATTACHMENTS, {"rows": json.dumps(rows)}).first() is not None


def find_attachments(db: Db, lesson_ids: Collection[UUID]) -> dict[Attached, UUID]:
    """The ids of all that the texts of lessons refer to, or did."""
    statement = sa.select(Media.lesson_id, Media.digest, Media.title, Media.media_id).where(
        Media.lesson_id.in_(lesson_ids), Media.kind == ATTACHMENT
    )
    return {
        Attached(row.lesson_id, row.digest or "", row.title): row.media_id
        for row in db.execute(statement)
    }
