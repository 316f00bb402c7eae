"""What authors change of a lesson's media. Places are kept from 0 and without gaps: the videos of a
lesson, then its PDFs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple
from uuid import UUID

from services.kit.data.database import Database
from services.kit.data.statements import Statement, Write, nothing, scalar
from services.media.kinds import CAPTION, PDF, VIDEO

_IS_LISTED = f"kind IN ('{VIDEO}', '{PDF}')"


class OwnedMedium(NamedTuple):
    """A video or a PDF as its author sees it; `position` counts among those of its kind."""

    media_id: UUID
    lesson_id: UUID
    course_id: UUID | None
    kind: str
    title: str
    url: str | None
    digest: str | None
    size_bytes: int | None
    mime_type: str | None
    position: int


class NewMedium(NamedTuple):
    """A medium to be added behind the others."""

    lesson_id: UUID
    course_id: UUID
    kind: str
    title: str
    url: str | None
    digest: str | None
    duration_seconds: int | None = None


class NewCaption(NamedTuple):
    """Captions of a video."""

    lesson_id: UUID
    course_id: UUID
    video_id: UUID
    language: str
    label: str
    digest: str


_LOCK_COURSE = Write(
    "SELECT pg_advisory_xact_lock(hashtextextended('media:' || CAST(:course_id AS text), 0))",
    nothing,
)
_FIND = Statement(
    f"""
    SELECT media_id, lesson_id, course_id, kind, title, url, digest, size_bytes, mime_type,
        (SELECT count(*) FROM media before WHERE before.lesson_id = media.lesson_id
            AND before.kind = media.kind AND before.position < media.position)::integer
    FROM media LEFT JOIN objects USING (digest)
    WHERE media_id = :media_id AND {_IS_LISTED}
    """,
    OwnedMedium,
)
_COUNT = Statement(
    "SELECT count(*) FROM media WHERE lesson_id = :lesson_id AND kind = :kind", scalar
)
_ADD = Write(
    f"""
    INSERT INTO media (
        lesson_id, course_id, kind, title, url, digest, duration_seconds, position
    ) VALUES (
        :lesson_id, :course_id, :kind, :title, :url, :digest, :duration_seconds,
        (SELECT coalesce(max(position) + 1, 0) FROM media
            WHERE lesson_id = :lesson_id AND {_IS_LISTED})
    ) RETURNING media_id
    """,
    scalar,
)
# In the place of those of the same language, or behind the others.
_ADD_CAPTION = Write(
    f"""
    INSERT INTO media (
        lesson_id, course_id, kind, video_id, language, title, digest, position
    ) VALUES (
        :lesson_id, :course_id, '{CAPTION}', :video_id, :language, :label, :digest,
        (SELECT count(*) FROM media WHERE video_id = :video_id)
    )
    """,
    nothing,
)
_COUNT_CAPTIONS = Statement("SELECT count(*) FROM media WHERE video_id = :video_id", scalar)
_DELETE_CAPTION = Write(
    """
    WITH deleted AS (
        DELETE FROM media WHERE video_id = :video_id AND lower(language) = lower(:language)
        RETURNING position
    )
    UPDATE media SET position = media.position - 1 FROM deleted
    WHERE video_id = :video_id AND media.position > deleted.position
    """,
    nothing,
)
_DELETE = Write("DELETE FROM media WHERE media_id = :media_id RETURNING lesson_id", scalar)
_SET_TITLE = Write("UPDATE media SET title = :title WHERE media_id = :media_id", nothing)
_SET_DURATION = Write(
    "UPDATE media SET duration_seconds = :duration_seconds WHERE media_id = :media_id", nothing
)
# The others of its kind make room: it comes before what stands at its new place now, or behind it
# where it comes from before it.
_NUMBER = Write(
    f"""
    WITH placed AS (
        SELECT media_id, kind, row_number() OVER (PARTITION BY kind ORDER BY position) - 1 AS place
        FROM media WHERE lesson_id = :lesson_id AND {_IS_LISTED}
    ), wanted AS (
        SELECT placed.media_id, placed.kind, CASE
            WHEN placed.media_id IS DISTINCT FROM CAST(:moved AS uuid) THEN 2 * placed.place
            WHEN placed.place < CAST(:place AS integer) THEN 2 * CAST(:place AS integer) + 1
            ELSE 2 * CAST(:place AS integer) - 1
        END AS weight
        FROM placed
    ), numbered AS (
        SELECT media_id, row_number() OVER (ORDER BY kind = '{PDF}', weight) - 1 AS position
        FROM wanted
    )
    UPDATE media SET position = numbered.position FROM numbered
    WHERE media.media_id = numbered.media_id AND media.position <> numbered.position
    """,
    nothing,
)
_LESSONS_OF = Statement(
    """
    SELECT lesson_id FROM media WHERE course_id = :course_id
    GROUP BY lesson_id HAVING max(created_at) < now() - make_interval(secs => :settled)
    """,
    scalar,
)
_DELETE_OF = Write("DELETE FROM media WHERE lesson_id = ANY(:lesson_ids)", nothing)
_LOOK_AT = Write(
    """
    INSERT INTO changed_courses (course_id, look_at)
    VALUES (:course_id, now() + make_interval(secs => :seconds))
    ON CONFLICT (course_id) DO UPDATE SET look_at = excluded.look_at
    """,
    nothing,
)
_TAKE_CHANGED = Write(
    """
    DELETE FROM changed_courses WHERE course_id = (
        SELECT course_id FROM changed_courses WHERE look_at <= now()
        ORDER BY look_at LIMIT 1 FOR UPDATE SKIP LOCKED
    ) RETURNING course_id
    """,
    scalar,
)


def lock_course(db: Database, course_id: UUID) -> None:
    """Wait until no other transaction sets media of the course, and keep others waiting."""
    db.run(_LOCK_COURSE, course_id=str(course_id))


def find_medium(db: Database, media_id: UUID) -> OwnedMedium | None:
    """A video or a PDF, or None."""
    return db.first(_FIND, media_id=media_id)


def count_media(db: Database, lesson_id: UUID, kind: str) -> int:
    """How many videos, or PDFs, a lesson has."""
    count: int = db.one(_COUNT, lesson_id=lesson_id, kind=kind)
    return count


def add_medium(db: Database, medium: NewMedium) -> UUID:
    """Add a medium behind the others of its kind; its id. The course is locked."""
    media_id: UUID = db.one(_ADD, **medium._asdict())
    number_media(db, medium.lesson_id)
    return media_id


def set_caption(db: Database, caption: NewCaption) -> None:
    """Give a video captions in a language, in the place of those that it has. The course is
    locked."""
    delete_caption(db, caption.video_id, caption.language)
    db.run(_ADD_CAPTION, **caption._asdict())


def count_captions(db: Database, video_id: UUID) -> int:
    """In how many languages a video has captions."""
    count: int = db.one(_COUNT_CAPTIONS, video_id=video_id)
    return count


def delete_caption(db: Database, video_id: UUID, language: str) -> None:
    """Take the captions in a language from a video. The course is locked."""
    db.run(_DELETE_CAPTION, video_id=video_id, language=language)


def delete_medium(db: Database, media_id: UUID) -> bool:
    """Delete a medium, and close the gap; False where it is gone. The course is locked."""
    lesson_id = db.first(_DELETE, media_id=media_id)
    if lesson_id is not None:
        number_media(db, lesson_id)
    return lesson_id is not None


def set_title(db: Database, media_id: UUID, title: str) -> None:
    """Give a medium another title."""
    db.run(_SET_TITLE, media_id=media_id, title=title)


def set_duration(db: Database, media_id: UUID, seconds: int | None) -> None:
    """Say how long a video is; None: that is not known."""
    db.run(_SET_DURATION, media_id=media_id, duration_seconds=seconds)


def number_media(
    db: Database, lesson_id: UUID, moved: UUID | None = None, place: int | None = None
) -> None:
    """Number the media of a lesson anew, one of them at another place. The course is locked."""
    db.run(_NUMBER, lesson_id=lesson_id, moved=moved, place=place)


def settled_lessons(db: Database, course_id: UUID, seconds: float) -> Sequence[UUID]:
    """The lessons of a course that have media, none of them for less than so many seconds."""
    return db.all(_LESSONS_OF, course_id=course_id, settled=seconds)


def delete_media_of(db: Database, lesson_ids: Collection[UUID]) -> None:
    """Delete all that belongs to lessons."""
    db.run(_DELETE_OF, lesson_ids=list(lesson_ids))


def look_at_course(db: Database, course_id: UUID, seconds: float) -> None:
    """Have a course looked at in so many seconds."""
    db.run(_LOOK_AT, course_id=course_id, seconds=seconds)


def take_changed_course(db: Database) -> UUID | None:
    """A course that is to be looked at, or None."""
    return db.first(_TAKE_CHANGED)
