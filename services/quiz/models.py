"""The tables of quiz."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
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
    title: Mapped[str]
    pass_percentage: Mapped[int]
    # Of all that the author wrote, so that the same quiz again is known at once.
    source_hash: Mapped[str]
    removed_at: Mapped[datetime | None]


class Question(QuizBase):
    """A question of a quiz, by `position` from 0."""

    __tablename__ = "questions"
    question_id: Mapped[UUID] = new_id()
    quiz_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey("quizzes.quiz_id", ondelete="CASCADE"), index=True
    )
    position: Mapped[int]
    title: Mapped[str]
    text: Mapped[str]
    kind: Mapped[str]
    points: Mapped[int]
    feedback: Mapped[str]


class Option(QuizBase):
    """An option of a question, by `position` from 0."""

    __tablename__ = "options"
    option_id: Mapped[UUID] = new_id()
    question_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey("questions.question_id", ondelete="CASCADE"), index=True
    )
    position: Mapped[int]
    text: Mapped[str]
    is_right: Mapped[bool]
    weight: Mapped[float | None]
    feedback: Mapped[str]


class Result(QuizBase):
    """A submission, graded. It holds its own outcome: the quiz may change, the result does not."""

    __tablename__ = "results"
    result_id: Mapped[UUID] = new_id()
    attempt_id: Mapped[UUID] = mapped_column(server_default=sa.text("uuidv7()"))
    quiz_id: Mapped[UUID] = mapped_column(sa.ForeignKey("quizzes.quiz_id"))
    user_id: Mapped[UUID]
    score: Mapped[int]
    max_score: Mapped[int]
    percentage: Mapped[float]
    passed: Mapped[bool]
    answers: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    question_results: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    submitted_at: Mapped[datetime] = mapped_column(server_default=sa.text("clock_timestamp()"))

    # The newest of a learner first, and all of them counted, from the index alone.
    __table_args__ = (sa.Index("results_of_a_learner", "quiz_id", "user_id", "result_id"),)
