"""The SQL of who is active in which course, and when learners learnt."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from psycopg.errors import InvalidParameterValue

from services.kit.data.database import Database
from services.kit.data.statements import Statement, Write, nothing


class TimezoneUnknown(LookupError):
    """PostgreSQL knows no time zone of this name."""


class Day(NamedTuple):
    """What was done on a day: lessons completed, quizzes passed."""

    date: date
    lessons: int
    quizzes: int


class StillLearner(NamedTuple):
    """A learner who did nothing in a course for long."""

    user_id: UUID
    course_id: UUID
    last_active_at: datetime


_DAYS = Statement(
    """
    SELECT (taken_at AT TIME ZONE :timezone)::date AS day,
        count(*) FILTER (WHERE kind = 'completed')::integer,
        count(*) FILTER (WHERE kind = 'passed')::integer
    FROM steps WHERE user_id = :user_id AND kind <> 'undone'
    GROUP BY day ORDER BY day DESC
    """,
    Day,
)
_SET_ACTIVE = Write(
    """
    INSERT INTO course_progress AS progress (user_id, course_id, last_active_at)
    VALUES (:user_id, :course_id, :since)
    ON CONFLICT (user_id, course_id) DO UPDATE
        SET active = true, last_active_at = now(), reminded_at = NULL WHERE NOT progress.active
    """,
    nothing,
)
_SET_INACTIVE = Write(
    """
    UPDATE course_progress SET active = false
    WHERE user_id = :user_id AND course_id = :course_id
    """,
    nothing,
)
_TAKE_STILL = Write(
    """
    UPDATE course_progress progress SET reminded_at = now() FROM (
        SELECT user_id, course_id FROM course_progress
        WHERE completed_at IS NULL AND active AND reminded_at IS NULL
            AND last_active_at < :before
        ORDER BY last_active_at LIMIT :limit FOR UPDATE SKIP LOCKED
    ) still
    WHERE progress.user_id = still.user_id AND progress.course_id = still.course_id
    RETURNING progress.user_id, progress.course_id, progress.last_active_at
    """,
    StillLearner,
)


def list_days(db: Database, user_id: UUID, timezone: str) -> Sequence[Day]:
    """The days of a time zone on which a learner did something, newest first; TimezoneUnknown."""
    try:
        return db.all(_DAYS, user_id=user_id, timezone=timezone)
    except InvalidParameterValue as error:
        raise TimezoneUnknown(timezone) from error


def set_active(db: Database, user_id: UUID, course_id: UUID, since: datetime | None) -> None:
    """Know that a learner is in a course since then, or left it; coming back is like a step."""
    if since is None:
        db.run(_SET_INACTIVE, user_id=user_id, course_id=course_id)
    else:
        db.run(_SET_ACTIVE, user_id=user_id, course_id=course_id, since=since)


def take_still(db: Database, before: datetime, limit: int) -> Sequence[StillLearner]:
    """Learners who did nothing in a course since then, each once until the next step."""
    return db.all(_TAKE_STILL, before=before, limit=limit)
