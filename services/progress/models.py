"""The tables of progress."""

from __future__ import annotations

from datetime import datetime
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


class LessonCompletion(ProgressBase):
    """A lesson that a learner completed.

    The key begins with what is asked for, all that a learner did in a course, so that the one
    index serves both; a lesson never changes its course.
    """

    __tablename__ = "lesson_completions"
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    course_id: Mapped[UUID] = mapped_column(primary_key=True)
    lesson_id: Mapped[UUID] = mapped_column(primary_key=True)
    completed_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())


class QuizPass(ProgressBase):
    """A lesson whose quiz a learner passed, and when that was first told."""

    __tablename__ = "quiz_passes"
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    course_id: Mapped[UUID] = mapped_column(primary_key=True)
    lesson_id: Mapped[UUID] = mapped_column(primary_key=True)
    passed_at: Mapped[datetime]
