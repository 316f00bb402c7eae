"""What learners watched, how often, and how far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from services.kit.data.database import Database
from services.kit.data.statements import Statement, WholeWrite, Write, nothing
from services.media.kinds import PDF, VIDEO


class Watched(NamedTuple):
    """How often a learner watched a medium, and how far they are."""

    media_id: UUID
    views: int
    position_seconds: int


class ExportedView(NamedTuple):
    """The same as the learner is told of it."""

    media_id: UUID
    lesson_id: UUID
    title: str
    views: int
    position_seconds: int
    first_at: datetime
    last_at: datetime


# One row for each learner and medium, whose indexed columns never change.
_RECORD = WholeWrite(
    f"""
    INSERT INTO media_views AS known (user_id, media_id, views, position_seconds)
    SELECT :user_id, media_id, 1, :position_seconds FROM media
    WHERE media_id = :media_id AND kind IN ('{VIDEO}', '{PDF}')
    ON CONFLICT (user_id, media_id) DO UPDATE SET
        views = known.views + (
            known.last_at < now() - CAST(:pause AS interval)
            OR excluded.position_seconds < CAST(:beginning AS integer)
            AND known.position_seconds >= CAST(:beginning AS integer)
        )::integer,
        position_seconds = excluded.position_seconds,
        last_at = now()
    RETURNING media_id, views, position_seconds
    """,
    Watched,
)
_OF_LESSON = Statement(
    """
    SELECT media_id, views, position_seconds FROM media JOIN media_views USING (media_id)
    WHERE lesson_id = :lesson_id AND user_id = :user_id
    """,
    Watched,
)
_EXPORT = Statement(
    """
    SELECT media_id, lesson_id, title, views, position_seconds, first_at, last_at
    FROM media_views JOIN media USING (media_id)
    WHERE user_id = :user_id AND media_id > :after ORDER BY media_id LIMIT :limit
    """,
    ExportedView,
)
_ERASE = Write("DELETE FROM media_views WHERE user_id = :user_id", nothing)


def record_view(
    db: Database,
    user_id: UUID,
    media_id: UUID,
    *,
    position_seconds: int,
    beginning: int,
    pause: timedelta,
) -> Watched | None:
    """Where a learner is now; None where there is no such medium, or the learner was erased.

    It is another view when it is back before `beginning`, or after a pause.
    """
    return db.first(
        _RECORD,
        user_id=user_id,
        media_id=media_id,
        position_seconds=position_seconds,
        beginning=beginning,
        pause=pause,
    )


def watched_of_lesson(db: Database, user_id: UUID, lesson_id: UUID) -> Mapping[UUID, Watched]:
    """What a learner watched of a lesson, by medium."""
    rows = db.all(_OF_LESSON, user_id=user_id, lesson_id=lesson_id)
    return {row.media_id: row for row in rows}


def export_views(db: Database, user_id: UUID, after: UUID, limit: int) -> Sequence[ExportedView]:
    """What a learner watched, after one medium, in the order of the media's ids."""
    return db.all(_EXPORT, user_id=user_id, after=after, limit=limit)


def erase_views(db: Database, user_id: UUID) -> None:
    """Forget what a person watched."""
    db.run(_ERASE, user_id=user_id)
