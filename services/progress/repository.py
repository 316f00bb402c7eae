"""Every SQL statement of progress, but for the functions of its first migration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session as Db

from services.kit.events import feed
from services.progress.models import Completion, LessonCompletion
from services.progress.rules import Done

_COLUMNS = "course_id, last_lesson_id, completed_at, lessons, quizzes"
_COMPLETE_LESSON = sa.text(f"SELECT {_COLUMNS} FROM complete_lesson(:user_id, :course_id, :lesson)")
_PASS_QUIZ = sa.text(f"SELECT {_COLUMNS} FROM pass_quiz(:user_id, :course_id, :lesson, :passed_at)")
_STATES = sa.text(
    f"SELECT {_COLUMNS} FROM course_states WHERE user_id = :user_id AND course_id = ANY(:courses)"
)
_COMPLETE_COURSES = sa.text(
    "UPDATE course_progress SET completed_at = coalesce(completed_at, clock_timestamp())"
    " WHERE user_id = :user_id AND course_id = ANY(:courses)"
    " RETURNING course_id, completed_at, old.completed_at IS NULL AS newly"
)


class State(NamedTuple):
    """What a learner did in a course."""

    done: Done = Done()
    last_lesson_id: UUID | None = None
    completed_at: datetime | None = None


def complete_lesson(db: Db, user_id: UUID, course_id: UUID, lesson_id: UUID) -> State:
    """Mark a lesson completed, unless it is: the state after it.

    Where it was not, the learner's other steps in the course wait from here to the end of the
    transaction, and then see it.
    """
    row = {"user_id": user_id, "course_id": course_id, "lesson": lesson_id}
    return _state(db.execute(_COMPLETE_LESSON, row).one())


def pass_quiz(
    db: Db, user_id: UUID, course_id: UUID, lesson_id: UUID, passed_at: datetime
) -> State:
    """Keep that a quiz was passed, unless it was: the state after it; others wait as above."""
    row = {"user_id": user_id, "course_id": course_id, "lesson": lesson_id, "passed_at": passed_at}
    return _state(db.execute(_PASS_QUIZ, row).one())


def undo_lesson(db: Db, user_id: UUID, course_id: UUID, lesson_id: UUID) -> None:
    """Mark a lesson not completed."""
    found = LessonCompletion
    db.execute(
        sa.delete(found).where(
            found.user_id == user_id,
            found.course_id == course_id,
            found.lesson_id == lesson_id,
        )
    )


def find_state(db: Db, user_id: UUID, course_id: UUID) -> State:
    """What a learner did in a course; an empty state where that is nothing."""
    return find_states(db, user_id, [course_id]).get(course_id, State())


def find_states(db: Db, user_id: UUID, courses: Sequence[UUID]) -> Mapping[UUID, State]:
    """What a learner did, by course; courses without a step are left out."""
    rows = db.execute(_STATES, {"user_id": user_id, "courses": list(courses)})
    return {row.course_id: _state(row) for row in rows}


def completion_times(db: Db, user_id: UUID, course_id: UUID) -> Mapping[str, datetime]:
    """When a learner completed the lessons of a course, by lesson id."""
    done = LessonCompletion
    rows = db.execute(
        sa.select(done.lesson_id, done.completed_at).where(
            done.user_id == user_id, done.course_id == course_id
        )
    )
    return {str(lesson_id): completed_at for lesson_id, completed_at in rows}


def complete_courses(db: Db, user_id: UUID, courses: Sequence[UUID]) -> Mapping[UUID, datetime]:
    """When each course was completed: now, unless it was before. Do it last: see feed.append."""
    rows = db.execute(_COMPLETE_COURSES, {"user_id": user_id, "courses": list(courses)}).all()
    for course_id, completed_at, newly in rows:
        if newly:
            event = Completion(user_id=user_id, course_id=course_id, completed_at=completed_at)
            feed.append(db, event)
    return {row.course_id: row.completed_at for row in rows}


def completions(db: Db, cursor: str, limit: int) -> Sequence[Completion]:
    """The completions after the cursor, oldest first."""
    return feed.read(db, Completion, cursor, limit)


def _state(row: sa.Row[Any]) -> State:
    done = Done(frozenset(row.lessons), frozenset(row.quizzes))
    return State(done, row.last_lesson_id, row.completed_at)
