"""Attempts that are open, and how they end. Whoever locks one locks its standing after it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from psycopg.types.json import Jsonb

from services.kit.data.database import Database
from services.kit.data.statements import Statement, Write, nothing
from services.kit.errors import SessionEnded
from services.quiz.answers import Answer


class Attempt(NamedTuple):
    """An attempt; `late` once its time is over, `ended` once it has a result."""

    attempt_id: UUID
    quiz_id: UUID
    version_id: UUID
    user_id: UUID
    lesson_id: UUID
    course_id: UUID
    saved: list[dict[str, Any]]
    started_at: datetime
    expires_at: datetime | None
    late: bool
    ended: bool

    @property
    def answers(self) -> list[Answer]:
        """What was saved."""
        return [Answer.kept(each) for each in self.saved]


class NewAttempt(NamedTuple):
    """An attempt that ends by itself after so many seconds; 0: never."""

    quiz_id: UUID
    version_id: UUID
    user_id: UUID
    course_id: UUID
    seconds: int


class ExportedAttempt(NamedTuple):
    """An attempt as its learner takes it along."""

    attempt_id: UUID
    quiz_id: UUID
    lesson_id: UUID
    started_at: datetime
    expires_at: datetime | None
    ended_at: datetime | None
    answers: list[dict[str, Any]]


_ATTEMPT = """
    attempt_id, quiz_id, attempts.version_id, user_id, lesson_id, course_id, answers, started_at,
    expires_at, expires_at <= clock_timestamp() IS TRUE, ended_at IS NOT NULL
"""
_LOCK_ATTEMPT = Write(
    f"""
    SELECT {_ATTEMPT} FROM attempts JOIN quizzes USING (quiz_id)
    WHERE attempt_id = :attempt_id AND user_id = :user_id FOR UPDATE OF attempts
    """,
    Attempt,
)
_LOCK_OPEN = Write(
    f"""
    SELECT {_ATTEMPT} FROM attempts JOIN quizzes USING (quiz_id)
    WHERE quiz_id = :quiz_id AND user_id = :user_id AND ended_at IS NULL FOR UPDATE OF attempts
    """,
    Attempt,
)
_FIND_OPEN = Statement(
    f"""
    SELECT {_ATTEMPT} FROM attempts JOIN quizzes USING (quiz_id)
    WHERE quiz_id = :quiz_id AND user_id = :user_id AND ended_at IS NULL
    """,
    Attempt,
)
_FIND_ATTEMPT = Statement(
    f"""
    SELECT {_ATTEMPT} FROM attempts JOIN quizzes USING (quiz_id)
    WHERE attempt_id = :attempt_id AND user_id = :user_id
    """,
    Attempt,
)
_FIND_OPEN_OF = Statement(
    f"""
    SELECT {_ATTEMPT} FROM attempts JOIN quizzes USING (quiz_id)
    WHERE lesson_id = :lesson_id AND user_id = :user_id AND ended_at IS NULL
    """,
    Attempt,
)
_LOCK_LATE = Write(
    f"""
    SELECT {_ATTEMPT} FROM attempts JOIN quizzes USING (quiz_id)
    WHERE ended_at IS NULL AND expires_at <= clock_timestamp()
    ORDER BY expires_at LIMIT :limit FOR UPDATE OF attempts SKIP LOCKED
    """,
    Attempt,
)


def lock_attempt(db: Database, attempt_id: UUID, user_id: UUID) -> Attempt | None:
    """A learner's attempt, which nobody else ends meanwhile; or None."""
    return db.first(_LOCK_ATTEMPT, attempt_id=attempt_id, user_id=user_id)


def lock_open(db: Database, quiz_id: UUID, user_id: UUID) -> Attempt | None:
    """The attempt of a learner that is open, which nobody else ends meanwhile; or None."""
    return db.first(_LOCK_OPEN, quiz_id=quiz_id, user_id=user_id)


def find_open(db: Database, quiz_id: UUID, user_id: UUID) -> Attempt | None:
    """The attempt of a learner that is open, or None."""
    return db.first(_FIND_OPEN, quiz_id=quiz_id, user_id=user_id)


def find_attempt(db: Database, attempt_id: UUID, user_id: UUID) -> Attempt | None:
    """A learner's attempt, or None."""
    return db.first(_FIND_ATTEMPT, attempt_id=attempt_id, user_id=user_id)


def find_open_of(db: Database, lesson_id: UUID, user_id: UUID) -> Attempt | None:
    """The attempt of a learner at a lesson's quiz, there or removed, that is open; or None."""
    return db.first(_FIND_OPEN_OF, lesson_id=lesson_id, user_id=user_id)


def lock_late(db: Database, limit: int) -> Sequence[Attempt]:
    """Attempts whose time is over, and that nobody ends at this moment."""
    return db.all(_LOCK_LATE, limit=limit)


_ADD_ATTEMPT = Write(
    f"""
    WITH added AS (
        INSERT INTO attempts (quiz_id, version_id, user_id, course_id, expires_at)
        VALUES (:quiz_id, :version_id, :user_id, :course_id, clock_timestamp()
            + make_interval(secs => nullif(CAST(:seconds AS integer), 0)))
        RETURNING *
    ), counted AS (
        UPDATE standings SET started = started + 1
        WHERE quiz_id = :quiz_id AND user_id = :user_id
    )
    SELECT {_ATTEMPT} FROM added AS attempts JOIN quizzes USING (quiz_id)
    """,
    Attempt,
)


def add_attempt(db: Database, new: NewAttempt) -> Attempt:
    """Begin an attempt, and count it; SessionEnded where the learner was erased meanwhile."""
    added = db.first(_ADD_ATTEMPT, **new._asdict())
    if added is None:
        raise SessionEnded
    return added


_SAVE_ANSWERS = Write(
    "UPDATE attempts SET answers = :answers WHERE attempt_id = :attempt_id", nothing
)
_END_ATTEMPT = Write(
    "UPDATE attempts SET ended_at = clock_timestamp() WHERE attempt_id = :attempt_id", nothing
)


def save_answers(db: Database, attempt_id: UUID, answers: Sequence[Answer]) -> None:
    """Keep what was answered so far."""
    kept = Jsonb([answer.document() for answer in answers])
    db.run(_SAVE_ANSWERS, attempt_id=attempt_id, answers=kept)


def end_attempt(db: Database, attempt_id: UUID) -> None:
    """End an attempt that is locked; its result comes in the same transaction."""
    db.run(_END_ATTEMPT, attempt_id=attempt_id)


# A person's data

_EXPORT_ATTEMPTS = Statement(
    """
    SELECT attempt_id, quiz_id, lesson_id, started_at, expires_at, ended_at, answers
    FROM attempts JOIN quizzes USING (quiz_id)
    WHERE user_id = :user_id AND attempt_id > :after ORDER BY attempt_id LIMIT :limit
    """,
    ExportedAttempt,
)
_ERASE_ATTEMPTS = Write("DELETE FROM attempts WHERE user_id = :user_id", nothing)


def export_attempts(
    db: Database, user_id: UUID, after: UUID, limit: int
) -> Sequence[ExportedAttempt]:
    """A learner's attempts, oldest first, from behind one on."""
    return db.all(_EXPORT_ATTEMPTS, user_id=user_id, after=after, limit=limit)


def erase_attempts(db: Database, user_id: UUID) -> None:
    """Delete a learner's attempts."""
    db.run(_ERASE_ATTEMPTS, user_id=user_id)
