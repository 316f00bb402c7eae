"""Results that are graded anew, learner by learner, and what they add up to then.

Whoever ends attempts may hold several standings. So nobody who holds one waits for another here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, NamedTuple
from uuid import UUID

from psycopg.types.json import Jsonb

from services.kit.data.database import Database
from services.kit.data.statements import Statement, Write, nothing, scalar
from services.quiz.outcome import Outcome
from services.quiz.repository.quizzes import Current
from services.quiz.rules import Grading


class Place(NamedTuple):
    """How far one has come among the results of a quiz."""

    user_id: UUID
    result_id: UUID


class DueResult(NamedTuple):
    """A result that was last graded by another version."""

    user_id: UUID
    result_id: UUID
    version_id: UUID
    answers: list[dict[str, Any]]
    question_results: list[dict[str, Any]]

    @property
    def place(self) -> Place:
        """Where it stands among the results of its quiz."""
        return Place(self.user_id, self.result_id)


_TAKE_TURN = Write(
    "SELECT pg_advisory_xact_lock(hashtextextended('quiz regrading:' || :lesson_id, 0))", nothing
)


def take_turn(db: Database, lesson_id: UUID) -> None:
    """Wait until nobody else grades results of the lesson anew, and keep others waiting."""
    db.run(_TAKE_TURN, lesson_id=str(lesson_id))


_ASK = Write(
    "UPDATE quizzes SET regrade_version_id = :version_id WHERE quiz_id = :quiz_id", nothing
)
_LOCK_ASKED = Write(
    """
    SELECT regrade_version_id FROM quizzes
    WHERE quiz_id = :quiz_id AND regrade_version_id = version_id AND removed_at IS NULL FOR SHARE
    """,
    scalar,
)


def ask(db: Database, current: Current) -> None:
    """Keep that results are to be graded anew by this version; waits for those that look."""
    db.run(_ASK, **current._asdict())


def lock_asked(db: Database, quiz_id: UUID) -> UUID | None:
    """The present version, if results are to be graded anew by it; nobody asks meanwhile."""
    version_id: UUID | None = db.first(_LOCK_ASKED, quiz_id=quiz_id)
    return version_id


_COUNT_DUE = Statement(
    """
    SELECT count(*) FROM standings JOIN results USING (quiz_id, user_id)
    WHERE quiz_id = :quiz_id AND coalesce(regraded_version_id, version_id) <> :version_id
    """,
    scalar,
)
_LIST_DUE = Statement(
    """
    SELECT user_id, result_id, version_id, answers, question_results
    FROM standings CROSS JOIN LATERAL (
        SELECT result_id, version_id, answers, question_results FROM results
        WHERE results.user_id = standings.user_id AND results.quiz_id = standings.quiz_id
            AND coalesce(regraded_version_id, version_id) <> :version_id
            AND (standings.user_id > :user_id OR result_id > :result_id)
        ORDER BY result_id LIMIT :limit
    ) AS due
    WHERE quiz_id = :quiz_id AND user_id >= :user_id
    ORDER BY user_id, result_id LIMIT :limit
    """,
    DueResult,
)


def count_due(db: Database, current: Current) -> int:
    """How many results of a quiz were last graded by another version."""
    return int(db.one(_COUNT_DUE, **current._asdict()))


def list_due(db: Database, current: Current, after: Place, limit: int) -> Sequence[DueResult]:
    """Those results by learner, oldest first, from behind one on."""
    return db.all(_LIST_DUE, **current._asdict(), **after._asdict(), limit=limit)


_LOCK_STANDING = Write(
    "SELECT user_id FROM standings WHERE quiz_id = :quiz_id AND user_id = :user_id FOR UPDATE",
    scalar,
)
_LOCK_FREE = Write(
    """
    SELECT user_id FROM standings
    WHERE quiz_id = :quiz_id AND user_id = ANY(:user_ids) FOR UPDATE SKIP LOCKED
    """,
    scalar,
)


def lock_standings(db: Database, quiz_id: UUID, user_ids: Sequence[UUID]) -> set[UUID]:
    """Lock how learners stand: the first, and of the others those whom nobody holds."""
    first = db.all(_LOCK_STANDING, quiz_id=quiz_id, user_id=user_ids[0])
    others = db.all(_LOCK_FREE, quiz_id=quiz_id, user_ids=list(user_ids[1:]))
    return {*first, *others}


_SET_OUTCOME = Write(
    """
    UPDATE results SET score = :score, max_score = :max_score, passed = :passed,
        percentage = :percentage, question_results = :question_results,
        previous_percentage = percentage, regraded_at = clock_timestamp(),
        regraded_version_id = :version_id
    WHERE result_id = :result_id
    """,
    nothing,
)


def set_outcome(db: Database, result_id: UUID, version_id: UUID, outcome: Outcome) -> None:
    """Keep what a result is worth by this version; what was answered stays as it is."""
    values = asdict(outcome)
    del values["answers"]
    values["question_results"] = Jsonb(values["question_results"])
    db.run(_SET_OUTCOME, result_id=result_id, version_id=version_id, **values)


_ADD_UP = Write(
    """
    UPDATE standings SET best = found.best, first = found.first, last = found.last,
        total = found.total,
        -- As where a result is added; what was passed stays so.
        passed = standings.passed OR CASE CAST(:counting AS text)
            WHEN 'best' THEN found.any_passed
            WHEN 'first' THEN found.first_passed
            WHEN 'last' THEN found.last_passed
            ELSE found.total / found.results >= :pass_percentage
        END
    FROM (
        SELECT count(*) AS results, sum(percentage) AS total, max(percentage) AS best,
            (array_agg(percentage ORDER BY result_id))[1] AS first,
            (array_agg(percentage ORDER BY result_id DESC))[1] AS last,
            bool_or(passed) AS any_passed,
            (array_agg(passed ORDER BY result_id))[1] AS first_passed,
            (array_agg(passed ORDER BY result_id DESC))[1] AS last_passed
        FROM results WHERE quiz_id = :quiz_id AND user_id = :user_id
    ) AS found
    WHERE quiz_id = :quiz_id AND user_id = :user_id AND found.results > 0
    RETURNING new.passed AND NOT old.passed
    """,
    scalar,
)


def add_up(
    db: Database, quiz_id: UUID, user_id: UUID, counting: Grading, pass_percentage: int
) -> bool:
    """Have a standing that is locked follow from its results; whether the quiz is passed by it."""
    values = {"counting": counting, "pass_percentage": pass_percentage}
    return bool(db.first(_ADD_UP, quiz_id=quiz_id, user_id=user_id, **values))
