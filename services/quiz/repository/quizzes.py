"""Quizzes and their versions."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from psycopg.types.json import Jsonb

from services.kit.data.database import Database
from services.kit.data.statements import Statement, Write, nothing, scalar
from services.quiz.kept import QuizVersion
from services.quiz.rules import Rules, rules_of


class Current(NamedTuple):
    """The quiz of a lesson as it is now."""

    quiz_id: UUID
    version_id: UUID


class Latest(NamedTuple):
    """The last version of the quiz of a lesson, and whether that was removed since."""

    lesson_id: UUID
    quiz_id: UUID
    version_id: UUID
    digest: str
    removed: bool
    title: str
    pass_percentage: int
    rules: Rules


def _latest(*columns: Any) -> Latest:
    *others, rules = columns
    return Latest._make([*others, rules_of(rules or {})])


_FIND_CURRENT = Statement(
    "SELECT quiz_id, version_id FROM quizzes WHERE lesson_id = :lesson_id AND removed_at IS NULL",
    Current,
)


def find_current(db: Database, lesson_id: UUID) -> Current | None:
    """The quiz of a lesson, or None."""
    return db.first(_FIND_CURRENT, lesson_id=lesson_id)


_FIND_VERSION = Statement(
    "SELECT quiz_id, version_id, document FROM quiz_versions WHERE version_id = :version_id",
    QuizVersion.of,
)


def find_version(db: Database, version_id: UUID) -> QuizVersion:
    """A version that is there; what is read once never changes."""
    return db.one(_FIND_VERSION, version_id=version_id)


_FIND_VERSION_OF = Statement(
    """
    SELECT version_id FROM quiz_versions, unnest(ids) AS id
    WHERE quiz_id = :quiz_id AND id IN (SELECT unnest(CAST(:ids AS uuid[])))
    GROUP BY version_id ORDER BY count(*) DESC, version_id DESC LIMIT 1
    """,
    scalar,
)


def find_version_of(db: Database, quiz_id: UUID, ids: Collection[UUID]) -> UUID | None:
    """The version of a quiz that most of these ids belong to, the newest of several, or None."""
    version_id: UUID | None = db.first(_FIND_VERSION_OF, quiz_id=quiz_id, ids=list(ids))
    return version_id


_COUNT_KNOWN = Statement(
    """
    SELECT count(DISTINCT id) FROM quiz_versions, unnest(ids) AS id
    WHERE quiz_id = :quiz_id AND id IN (SELECT unnest(CAST(:ids AS uuid[])))
    """,
    scalar,
)


def count_known(db: Database, quiz_id: UUID, ids: Collection[UUID]) -> int:
    """How many of these ids belong to any version of a quiz."""
    return int(db.one(_COUNT_KNOWN, quiz_id=quiz_id, ids=list(ids)))


_LOCK_COURSE = Write(
    "SELECT pg_advisory_xact_lock(hashtextextended('quiz:' || :course_id, 0))", nothing
)


def lock_course(db: Database, course_id: UUID) -> None:
    """Wait until no other transaction takes in quizzes of the course, and keep others waiting."""
    db.run(_LOCK_COURSE, course_id=str(course_id))


_LOCK_NEWS = Write(
    "SELECT pg_advisory_xact_lock(hashtextextended('quiz news:' || :lesson_id, 0))", nothing
)


def lock_news(db: Database, lesson_id: UUID) -> None:
    """Wait until no other transaction tells of the lesson's quiz, and keep others waiting."""
    db.run(_LOCK_NEWS, lesson_id=str(lesson_id))


_FIND_LATEST = Statement(
    """
    SELECT lesson_id, quiz_id, version_id, digest, removed_at IS NOT NULL,
        document ->> 'title', document -> 'pass_percentage', document -> 'rules'
    FROM quizzes JOIN quiz_versions USING (quiz_id, version_id)
    WHERE lesson_id = ANY(:lesson_ids)
    """,
    _latest,
)


def find_latest(db: Database, lesson_ids: Sequence[UUID]) -> dict[UUID, Latest]:
    """By lesson, the last version of its quiz, though it was removed since."""
    return {each.lesson_id: each for each in db.all(_FIND_LATEST, lesson_ids=list(lesson_ids))}


_FIND_BY_DIGEST = Statement(
    "SELECT version_id FROM quiz_versions WHERE quiz_id = :quiz_id AND digest = :digest", scalar
)


def find_by_digest(db: Database, quiz_id: UUID, digest: str) -> UUID | None:
    """The version of a quiz that was made from this very source, or None."""
    version_id: UUID | None = db.first(_FIND_BY_DIGEST, quiz_id=quiz_id, digest=digest)
    return version_id


_NEW_IDS = Statement("SELECT uuidv7() FROM generate_series(1, CAST(:count AS integer))", scalar)


def new_ids(db: Database, count: int) -> Iterator[UUID]:
    """So many new ids."""
    return iter(db.all(_NEW_IDS, count=count))


_ADD_VERSION = Write(
    """
    INSERT INTO quiz_versions (version_id, quiz_id, digest, document, ids)
    VALUES (:version_id, :quiz_id, :digest, :document, :ids)
    """,
    nothing,
)


def add_version(db: Database, quiz: QuizVersion, digest: str) -> None:
    """Keep a version, of a quiz that may still be set in this transaction."""
    db.run(
        _ADD_VERSION,
        version_id=quiz.version_id,
        quiz_id=quiz.quiz_id,
        digest=digest,
        document=Jsonb(quiz.document()),
        ids=[UUID(each) for each in quiz.ids],
    )


_SET_QUIZ = Write(
    """
    INSERT INTO quizzes (quiz_id, lesson_id, version_id) VALUES (:quiz_id, :lesson_id, :version_id)
    ON CONFLICT (lesson_id) DO UPDATE
    SET version_id = excluded.version_id, removed_at = NULL, updated_at = now()
    """,
    nothing,
)


def set_quiz(db: Database, lesson_id: UUID, quiz_id: UUID, version_id: UUID) -> None:
    """Make this version the quiz of the lesson."""
    db.run(_SET_QUIZ, quiz_id=quiz_id, lesson_id=lesson_id, version_id=version_id)


_REMOVE_QUIZZES = Write(
    """
    UPDATE quizzes SET removed_at = now()
    WHERE lesson_id = ANY(:lesson_ids) AND removed_at IS NULL
    RETURNING lesson_id
    """,
    scalar,
)


def remove_quizzes(db: Database, lesson_ids: Sequence[UUID]) -> Sequence[UUID]:
    """Take the quizzes of these lessons away; the lessons that had one."""
    return db.all(_REMOVE_QUIZZES, lesson_ids=list(lesson_ids))
