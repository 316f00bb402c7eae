"""Results, and how learners stand by them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from psycopg.types.json import Jsonb

from services.kit.data.database import Database
from services.kit.data.statements import Statement, WholeWrite, Write, nothing
from services.kit.errors import SessionEnded
from services.kit.events.events import Events
from services.quiz.outcome import Outcome
from services.quiz.rules import Grading
from stellr.quiz.v1.events_pb2 import QuizPassed

# Below every id there is, for the first page of a list: its order is newest first.
_NEWEST = UUID(int=(1 << 128) - 1)


class Standing(NamedTuple):
    """How a learner stands in a quiz; what is a percentage is None before the first result."""

    started: int = 0
    results: int = 0
    best: float | None = None
    first: float | None = None
    last: float | None = None
    total: float = 0.0
    passed: bool = False
    # Since the last result.
    seconds_since: float | None = None


class KeptResult(NamedTuple):
    """A submission as it was graded."""

    result_id: UUID
    attempt_id: UUID
    score: float
    max_score: int
    percentage: float
    passed: bool
    submitted_at: datetime
    question_results: list[dict[str, Any]]
    answers: list[dict[str, Any]]
    version_id: UUID
    regraded_version_id: UUID | None = None
    regraded_at: datetime | None = None
    previous_percentage: float | None = None


class Submission(NamedTuple):
    """What a result is of: an attempt that was started, or None for one that begins with it.

    `counting` and `pass_percentage` tell whether the quiz is passed by it.
    """

    quiz_id: UUID
    version_id: UUID
    attempt_id: UUID | None
    counting: Grading
    pass_percentage: int
    # Where it was graded anew at once: by what, and what it had been worth.
    regraded_version_id: UUID | None = None
    previous_percentage: float | None = None


class _Added(NamedTuple):
    result_id: UUID
    attempt_id: UUID
    newly_passed: bool


class ExportedResult(NamedTuple):
    """A submission as its learner takes it along."""

    result_id: UUID
    attempt_id: UUID
    quiz_id: UUID
    lesson_id: UUID
    score: int
    max_score: int
    percentage: float
    passed: bool
    submitted_at: datetime
    answers: list[dict[str, Any]]
    question_results: list[dict[str, Any]]
    regraded_at: datetime | None
    previous_percentage: float | None


class ExportedStanding(NamedTuple):
    """How a learner stands in a quiz, as the learner takes it along."""

    quiz_id: UUID
    lesson_id: UUID
    started: int
    results: int
    best: float | None
    passed: bool


_STANDING = (
    "started, results, best, first, last, total, passed,"
    " extract(epoch FROM clock_timestamp() - ended_at)::float"
)
_FIND_STANDING = Statement(
    f"SELECT {_STANDING} FROM standings WHERE quiz_id = :quiz_id AND user_id = :user_id", Standing
)
_LOCK_STANDING = Write(
    f"""
    INSERT INTO standings AS known (quiz_id, user_id, results, passed)
    VALUES (:quiz_id, :user_id, 0, false)
    ON CONFLICT (quiz_id, user_id) DO UPDATE SET results = known.results
    RETURNING {_STANDING}
    """,
    Standing,
)


def find_standing(db: Database, quiz_id: UUID, user_id: UUID) -> Standing:
    """How a learner stands in a quiz."""
    return db.first(_FIND_STANDING, quiz_id=quiz_id, user_id=user_id) or Standing()


def lock_standing(db: Database, quiz_id: UUID, user_id: UUID) -> Standing:
    """How a learner stands in a quiz, while no other attempt of theirs begins or ends.

    SessionEnded where the learner was erased meanwhile.
    """
    standing = db.first(_LOCK_STANDING, quiz_id=quiz_id, user_id=user_id)
    if standing is None:
        raise SessionEnded
    return standing


_RESULT = (
    "result_id, attempt_id, score, max_score, percentage, passed, submitted_at, question_results,"
    " answers, version_id, regraded_version_id, regraded_at, previous_percentage"
)
_ADD_RESULT = WholeWrite(
    """
    WITH added AS (
        INSERT INTO results (attempt_id, quiz_id, version_id, user_id, score, max_score, percentage,
            passed, answers, question_results, submitted_at, regraded_version_id, regraded_at,
            previous_percentage)
        VALUES (coalesce(CAST(:attempt_id AS uuid), uuidv7()), :quiz_id, :version_id, :user_id,
            :score, :max_score, :percentage, :passed, :answers, :question_results, :submitted_at,
            CAST(:regraded_version_id AS uuid),
            CASE WHEN CAST(:regraded_version_id AS uuid) IS NOT NULL THEN :submitted_at END,
            CAST(:previous_percentage AS double precision))
        RETURNING result_id, attempt_id
    ), standing AS (
        INSERT INTO standings AS known
            (quiz_id, user_id, started, results, best, first, last, total, passed, ended_at)
        VALUES (:quiz_id, :user_id, CASE WHEN CAST(:attempt_id AS uuid) IS NULL THEN 1 ELSE 0 END,
            1, :percentage, :percentage, :percentage, :percentage, :passed, :submitted_at)
        ON CONFLICT (quiz_id, user_id) DO UPDATE SET
            started = known.started + excluded.started,
            results = known.results + 1,
            best = greatest(known.best, excluded.best),
            first = coalesce(known.first, excluded.first),
            last = excluded.last,
            total = known.total + excluded.total,
            ended_at = excluded.ended_at,
            -- What counts may be passed by less than one whole attempt; what was passed stays so.
            passed = known.passed OR CASE
                WHEN known.results = 0 OR CAST(:counting AS text) IN ('best', 'last')
                    THEN excluded.passed
                WHEN CAST(:counting AS text) = 'average'
                    THEN (known.total + excluded.total) / (known.results + 1) >= :pass_percentage
                ELSE false
            END
        RETURNING new.passed AND old.passed IS NOT TRUE AS newly_passed
    ), told AS (
        INSERT INTO events (kind, payload, request_id, traceparent)
        SELECT :kind, :payload, :request_id, :traceparent FROM standing WHERE newly_passed
    )
    SELECT result_id, attempt_id, newly_passed FROM added, standing
    """,
    _Added,
)


def add_result(
    db: Database, events: Events, submission: Submission, outcome: Outcome, passing: QuizPassed
) -> KeptResult:
    """Keep a graded submission, and how its learner stands; a first pass is told of.

    SessionEnded where the learner was erased meanwhile: then nothing is kept.
    """
    at = passing.pass_time.ToDatetime(UTC)
    values = asdict(outcome)
    for name in ("answers", "question_results"):
        values[name] = Jsonb(values[name])
    added = db.first(
        _ADD_RESULT,
        **submission._asdict(),
        **values,
        user_id=passing.user_id,
        submitted_at=at,
        **events.row(passing),
    )
    if added is None:
        raise SessionEnded
    if added.newly_passed:
        events.told(passing)
    return KeptResult(
        added.result_id,
        added.attempt_id,
        outcome.score,
        outcome.max_score,
        outcome.percentage,
        outcome.passed,
        at,
        outcome.question_results,
        outcome.answers,
        submission.version_id,
        submission.regraded_version_id,
        at if submission.regraded_version_id else None,
        submission.previous_percentage,
    )


_FIND_RESULT = Statement(
    f"""
    SELECT {_RESULT} FROM results
    WHERE attempt_id = :attempt_id AND quiz_id = :quiz_id AND user_id = :user_id
    """,
    KeptResult,
)


def find_result(db: Database, quiz_id: UUID, user_id: UUID, attempt_id: UUID) -> KeptResult | None:
    """The result of a learner's attempt, or None."""
    return db.first(_FIND_RESULT, quiz_id=quiz_id, user_id=user_id, attempt_id=attempt_id)


_LIST_RESULTS = Statement(
    f"""
    SELECT {_RESULT} FROM results
    WHERE quiz_id = :quiz_id AND user_id = :user_id AND result_id < :before
    ORDER BY result_id DESC LIMIT :limit
    """,
    KeptResult,
)


def list_results(
    db: Database, quiz_id: UUID, user_id: UUID, before: UUID | None, limit: int
) -> Sequence[KeptResult]:
    """A learner's results in a quiz, newest first, from the one before `before` on."""
    values = {"quiz_id": quiz_id, "user_id": user_id, "before": before or _NEWEST, "limit": limit}
    return db.all(_LIST_RESULTS, **values)


# A person's data

_EXPORT_RESULTS = Statement(
    """
    SELECT result_id, attempt_id, quiz_id, lesson_id, score, max_score, percentage, passed,
        submitted_at, answers, question_results, regraded_at, previous_percentage
    FROM results JOIN quizzes USING (quiz_id)
    WHERE user_id = :user_id AND (quiz_id, result_id) > (:quiz_id, :result_id)
    ORDER BY quiz_id, result_id LIMIT :limit
    """,
    ExportedResult,
)
_EXPORT_STANDINGS = Statement(
    """
    SELECT quiz_id, lesson_id, started, results, best, passed
    FROM standings JOIN quizzes USING (quiz_id)
    WHERE user_id = :user_id AND quiz_id > :after ORDER BY quiz_id LIMIT :limit
    """,
    ExportedStanding,
)
_ERASE_RESULTS = Write("DELETE FROM results WHERE user_id = :user_id", nothing)
_ERASE_STANDINGS = Write("DELETE FROM standings WHERE user_id = :user_id", nothing)


def export_results(
    db: Database, user_id: UUID, after: tuple[UUID, UUID], limit: int
) -> Sequence[ExportedResult]:
    """A learner's results by quiz, oldest first, from behind one (quiz and result) on."""
    quiz_id, result_id = after
    values = {"quiz_id": quiz_id, "result_id": result_id, "limit": limit}
    return db.all(_EXPORT_RESULTS, user_id=user_id, **values)


def export_standings(
    db: Database, user_id: UUID, after: UUID, limit: int
) -> Sequence[ExportedStanding]:
    """How a learner stands, by quiz, from behind one on."""
    return db.all(_EXPORT_STANDINGS, user_id=user_id, after=after, limit=limit)


def erase_results(db: Database, user_id: UUID) -> None:
    """Delete a learner's results and standings: these first, as whoever grades anew locks them."""
    db.run(_ERASE_STANDINGS, user_id=user_id)
    db.run(_ERASE_RESULTS, user_id=user_id)
