"""What a learner did in a course, on typed values."""

from __future__ import annotations

from collections.abc import Set
from datetime import datetime
from typing import NamedTuple
from uuid import UUID


class Done(NamedTuple):
    """The lessons (ids) that a learner completed, and those whose quiz the learner passed."""

    lessons: Set[str] = frozenset()
    quizzes: Set[str] = frozenset()


class State(NamedTuple):
    """What a learner did in a course."""

    done: Done = Done()
    last_lesson_id: UUID | None = None
    completed_at: datetime | None = None
