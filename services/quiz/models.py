"""The tables of quiz."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.kit.data.tables import Base, Timestamps, new_id


class QuizBase(Base):
    """Base of quiz's tables."""

    __abstract__ = True
    metadata = sa.MetaData()


class Quiz(Timestamps, QuizBase):
    """The quiz of a lesson. One that was removed keeps its row, for the results in it."""

    __tablename__ = "quizzes"
    quiz_id: Mapped[UUID] = new_id()
    lesson_id: Mapped[UUID] = mapped_column(unique=True)
    version_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey("quiz_versions.version_id", deferrable=True, initially="DEFERRED")
    )
    removed_at: Mapped[datetime | None]
    # The version that results are graded anew by, those of earlier versions that come later too.
    regrade_version_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("quiz_versions.version_id")
    )


class QuizVersion(QuizBase):
    """All of a quiz at one time. Its row never changes."""

    __tablename__ = "quiz_versions"
    version_id: Mapped[UUID] = new_id()
    quiz_id: Mapped[UUID] = mapped_column(sa.ForeignKey("quizzes.quiz_id"))
    # Of all that the author wrote, so that the same quiz again is known at once.
    digest: Mapped[str]
    document: Mapped[dict[str, Any]] = mapped_column(JSONB)
    # Of its questions and options, so that answers find the version they belong to.
    ids: Mapped[list[UUID]] = mapped_column(ARRAY(sa.Uuid))
    created_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())

    __table_args__ = (sa.UniqueConstraint("quiz_id", "digest"),)


class Attempt(QuizBase):
    """An attempt that was started, and then submitted or ended by its time."""

    __tablename__ = "attempts"
    attempt_id: Mapped[UUID] = new_id()
    quiz_id: Mapped[UUID] = mapped_column(sa.ForeignKey("quizzes.quiz_id"))
    # What it is graded by, whatever the author does meanwhile.
    version_id: Mapped[UUID] = mapped_column(sa.ForeignKey("quiz_versions.version_id"))
    user_id: Mapped[UUID]
    course_id: Mapped[UUID]
    # What was saved as the learner went on.
    answers: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")
    started_at: Mapped[datetime] = mapped_column(server_default=sa.text("clock_timestamp()"))
    expires_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    # One at a time; and which are due.
    __table_args__ = (
        sa.Index(
            "attempts_open",
            "user_id",
            "quiz_id",
            unique=True,
            postgresql_where=sa.text("ended_at IS NULL"),
        ),
        sa.Index(
            "attempts_running_out", "expires_at", postgresql_where=sa.text("ended_at IS NULL")
        ),
        sa.Index("attempts_of_a_learner", "user_id", "attempt_id"),
    )


class Result(QuizBase):
    """A submission, graded by the version that the learner saw."""

    __tablename__ = "results"
    result_id: Mapped[UUID] = new_id()
    # Also of one that began and ended with its submission.
    attempt_id: Mapped[UUID] = mapped_column(server_default=sa.text("uuidv7()"))
    quiz_id: Mapped[UUID] = mapped_column(sa.ForeignKey("quizzes.quiz_id"))
    version_id: Mapped[UUID] = mapped_column(sa.ForeignKey("quiz_versions.version_id"))
    user_id: Mapped[UUID]
    score: Mapped[float]
    max_score: Mapped[int]
    percentage: Mapped[float]
    passed: Mapped[bool]
    answers: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    question_results: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    submitted_at: Mapped[datetime] = mapped_column(server_default=sa.text("clock_timestamp()"))
    # The version that it was graded anew by; what was asked and answered stays that of the other.
    regraded_version_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("quiz_versions.version_id")
    )
    regraded_at: Mapped[datetime | None]
    # Before it was last graded anew.
    previous_percentage: Mapped[float | None]

    # The newest of a learner first.
    __table_args__ = (
        sa.Index("results_of_a_learner", "user_id", "quiz_id", "result_id"),
        sa.Index("results_attempt_id", "attempt_id", unique=True),
    )


class Standing(QuizBase):
    """How a learner stands in a quiz: what the results add up to."""

    __tablename__ = "standings"
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    quiz_id: Mapped[UUID] = mapped_column(sa.ForeignKey("quizzes.quiz_id"), primary_key=True)
    started: Mapped[int] = mapped_column(server_default="0")
    results: Mapped[int]
    best: Mapped[float | None]
    first: Mapped[float | None]
    last: Mapped[float | None]
    # Of all percentages, for their average.
    total: Mapped[float] = mapped_column(server_default="0")
    # Once passed, always passed.
    passed: Mapped[bool]
    # When the last result came.
    ended_at: Mapped[datetime | None]

    # Who has results in a quiz, one after the other.
    __table_args__ = (sa.Index("standings_of_a_quiz", "quiz_id", "user_id"),)
