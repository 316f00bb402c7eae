"""What a learner did in a course, on typed values."""

from __future__ import annotations

from collections.abc import Mapping, Set
from datetime import datetime
from typing import NamedTuple
from uuid import UUID


class Done(NamedTuple):
    """The lessons (ids) that a learner completed, and those whose quiz the learner passed."""

    lessons: Set[str] = frozenset()
    quizzes: Set[str] = frozenset()


class Watched(NamedTuple):
    """Where the video of a lesson stands, and how long it was watched."""

    seconds: int
    spent_seconds: int


class Lessons(NamedTuple):
    """What a learner did in each lesson, by its id."""

    completed_at: Mapping[str, datetime]
    watched: Mapping[str, Watched]


class State(NamedTuple):
    """What a learner did in a course."""

    done: Done = Done()
    last_lesson_id: UUID | None = None
    completed_at: datetime | None = None
