"""The tables of progress."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.kit.data.tables import Base


class ProgressBase(Base):
    """Base of progress's tables."""

    __abstract__ = True
    metadata = sa.MetaData()


class CourseProgress(ProgressBase):
    """A learner in a course, from the first step on. `completed_at` is set once, for good."""

    __tablename__ = "course_progress"
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    course_id: Mapped[UUID] = mapped_column(primary_key=True)
    last_lesson_id: Mapped[UUID | None]
    completed_at: Mapped[datetime | None]
    # The learner is in the course; who left is not reminded.
    active: Mapped[bool] = mapped_column(server_default=sa.true())
    last_active_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    # Since the last step, at most once.
    reminded_at: Mapped[datetime | None]


class LessonCompletion(ProgressBase):
    """A lesson that a learner completed.

    The key begins with what is asked for, all that a learner did in a course; a lesson never
    changes its course.
    """

    __tablename__ = "lesson_completions"
    __table_args__ = (sa.Index("completions_of_a_lesson", "lesson_id"),)
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    course_id: Mapped[UUID] = mapped_column(primary_key=True)
    lesson_id: Mapped[UUID] = mapped_column(primary_key=True)
    completed_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())


class LessonPosition(ProgressBase):
    """Where the video of a lesson stands for a learner, and how long it was watched."""

    __tablename__ = "lesson_positions"
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    course_id: Mapped[UUID] = mapped_column(primary_key=True)
    lesson_id: Mapped[UUID] = mapped_column(primary_key=True)
    seconds: Mapped[int]
    spent_seconds: Mapped[int] = mapped_column(server_default="0")
    updated_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())


class LoggedStep(ProgressBase):
    """A step of a learner, the first of its kind in a lesson on a day (UTC)."""

    __tablename__ = "steps"
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    on_day: Mapped[date] = mapped_column(primary_key=True)
    lesson_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    taken_at: Mapped[datetime]


class QuizPass(ProgressBase):
    """A lesson whose quiz a learner passed, and when that was first told."""

    __tablename__ = "quiz_passes"
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    course_id: Mapped[UUID] = mapped_column(primary_key=True)
    lesson_id: Mapped[UUID] = mapped_column(primary_key=True)
    passed_at: Mapped[datetime]
