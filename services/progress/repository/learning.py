"""What learners did in courses, step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from services.clients.course import Outline
from services.kit.data.database import Database
from services.kit.data.statements import Statement, WholeWrite, Write, nothing, scalar
from services.kit.events.events import Events
from services.progress.steps import Done, Lessons, State, Watched
from stellr.progress.v1.events_pb2 import CourseCompleted
from stellr.quiz.v1.events_pb2 import QuizPassed

_OUTLINE = ":lessons, :quizzes, :settled_at, :kind, :payload, :request_id, :traceparent"


class OpenLearner(NamedTuple):
    """A learner who did not complete a course yet; `is_done`: nothing of it is missing."""

    user_id: UUID
    is_done: bool


class ExportedCourse(NamedTuple):
    """A course as its learner takes it along."""

    course_id: UUID
    last_lesson_id: UUID | None
    completed_at: datetime | None


class ExportedStep(NamedTuple):
    """A lesson that was completed, or whose quiz was passed, and when."""

    course_id: UUID
    lesson_id: UUID
    done_at: datetime


class ExportedPosition(NamedTuple):
    """Where the video of a lesson stands."""

    course_id: UUID
    lesson_id: UUID
    seconds: int
    spent_seconds: int
    updated_at: datetime


def _state(
    last_lesson_id: UUID | None,
    completed_at: datetime | None,
    lessons: Sequence[str] | None,
    quizzes: Sequence[str] | None,
) -> State:
    done = Done(frozenset(lessons or ()), frozenset(quizzes or ()))
    return State(done, last_lesson_id, completed_at)


# Marking a lesson

_COMPLETE_LESSON = WholeWrite(
    f"""
    SELECT last_lesson_id, completed_at, lessons, quizzes, newly
    FROM complete_lesson(:user_id, :course_id, :lesson_id, {_OUTLINE})
    """,
    lambda *columns: (_state(*columns[:4]), columns[4]),
)
_PASS_QUIZ = Write(
    f"SELECT pass_quiz(:user_id, :course_id, :lesson_id, :passed_at, {_OUTLINE})", scalar
)
_SETTLE = Write(f"SELECT settle_course(:user_id, :course_id, {_OUTLINE})", scalar)
_UNDO_LESSON = WholeWrite("SELECT undo_lesson(:user_id, :course_id, :lesson_id)", nothing)
_KEEP_POSITION = WholeWrite(
    "SELECT keep_position(:user_id, :course_id, :lesson_id, :seconds)", nothing
)


def complete_lesson(
    db: Database, events: Events, user_id: UUID, outline: Outline, lesson_id: UUID
) -> State:
    """Mark a lesson completed, unless it is: the state after it.

    Where it was not, the learner's other steps in the course wait from here to the end of the
    transaction, and then see it. The last step completes the course, for good.
    """
    event, values = _settling(events, user_id, outline)
    state, newly = db.one(_COMPLETE_LESSON, lesson_id=lesson_id, **values)
    if newly:
        events.told(event)
    return state


def pass_quiz(db: Database, events: Events, outline: Outline, passed: QuizPassed) -> None:
    """Keep that a quiz was passed, unless it was; others wait, and the last step completes, as
    above."""
    event, values = _settling(events, UUID(passed.user_id), outline)
    passed_at = passed.pass_time.ToDatetime(UTC)
    if db.one(_PASS_QUIZ, lesson_id=UUID(passed.lesson_id), passed_at=passed_at, **values):
        events.told(event)


def settle(db: Database, events: Events, user_id: UUID, outline: Outline) -> None:
    """Complete the course where nothing of its outline is missing any more."""
    event, values = _settling(events, user_id, outline)
    if db.one(_SETTLE, **values):
        events.told(event)


def undo_lesson(db: Database, user_id: UUID, course_id: UUID, lesson_id: UUID) -> None:
    """Mark a lesson not completed."""
    db.run(_UNDO_LESSON, user_id=user_id, course_id=course_id, lesson_id=lesson_id)


def keep_position(
    db: Database, user_id: UUID, course_id: UUID, lesson_id: UUID, seconds: int
) -> None:
    """Keep where the video of a lesson stands."""
    values = {"user_id": user_id, "course_id": course_id, "lesson_id": lesson_id}
    db.run(_KEEP_POSITION, seconds=seconds, **values)


def _settling(
    events: Events, user_id: UUID, outline: Outline
) -> tuple[CourseCompleted, dict[str, Any]]:
    """The event of a completion, which is written where it turns out to be one."""
    now = datetime.now(UTC)
    event = CourseCompleted(user_id=str(user_id), course_id=str(outline.course_id))
    event.complete_time.FromDatetime(now)
    return event, {
        "user_id": user_id,
        "course_id": outline.course_id,
        "lessons": list(outline.lesson_ids),
        "quizzes": list(outline.quiz_ids),
        "settled_at": now,
        **events.row(event),
    }


# Reading

_COLUMNS = "last_lesson_id, completed_at, lessons, quizzes"
_STATES = Statement(
    f"""
    SELECT course_id, {_COLUMNS} FROM course_states
    WHERE user_id = :user_id AND course_id = ANY(:courses)
    """,
    lambda course_id, *columns: (course_id, _state(*columns)),
)
_TIMED_STATE = Statement(
    """
    SELECT last_lesson_id, state.completed_at, done.lessons, quizzes, done.times,
        watched.lessons, watched.seconds, watched.spent
    FROM course_states state, LATERAL (
        SELECT array_agg(lesson_id::text) AS lessons, array_agg(completed_at) AS times
        FROM lesson_completions
        WHERE user_id = :user_id AND course_id = :course_id
    ) done, LATERAL (
        SELECT array_agg(lesson_id::text) AS lessons, array_agg(seconds) AS seconds,
            array_agg(spent_seconds) AS spent
        FROM lesson_positions
        WHERE user_id = :user_id AND course_id = :course_id
    ) watched
    WHERE user_id = :user_id AND course_id = :course_id
    """,
    lambda *columns: (
        _state(*columns[:4]),
        Lessons(
            dict(zip(columns[2] or (), columns[4] or (), strict=True)),
            {
                lesson: Watched(seconds, spent)
                for lesson, seconds, spent in zip(
                    *(each or () for each in columns[5:]), strict=True
                )
            },
        ),
    ),
)
_OPEN_LEARNERS = Statement(
    """
    SELECT user_id, :lessons <@ lessons AND :quizzes <@ quizzes
    FROM course_states JOIN course_progress progress USING (user_id, course_id)
    WHERE course_id = :course_id AND active AND progress.completed_at IS NULL AND user_id > :after
    ORDER BY user_id LIMIT :limit
    """,
    OpenLearner,
)


def find_state(db: Database, user_id: UUID, course_id: UUID) -> State:
    """What a learner did in a course; an empty state where that is nothing."""
    return find_states(db, user_id, [course_id]).get(course_id, State())


_STATES_OF_LEARNERS = Statement(
    f"""
    SELECT user_id, {_COLUMNS} FROM course_states
    WHERE course_id = :course_id AND user_id = ANY(:learners)
    """,
    lambda user_id, *columns: (user_id, _state(*columns)),
)


def find_states_of_learners(
    db: Database, course_id: UUID, learners: Sequence[UUID]
) -> Mapping[UUID, State]:
    """What learners did in a course; those without a step are left out."""
    return dict(db.all(_STATES_OF_LEARNERS, course_id=course_id, learners=list(learners)))


def find_states(db: Database, user_id: UUID, courses: Sequence[UUID]) -> Mapping[UUID, State]:
    """What a learner did, by course; courses without a step are left out."""
    return dict(db.all(_STATES, user_id=user_id, courses=list(courses)))


def find_lessons(db: Database, user_id: UUID, course_id: UUID) -> tuple[State, Lessons]:
    """What a learner did in a course, and in each of its lessons."""
    found = db.first(_TIMED_STATE, user_id=user_id, course_id=course_id)
    return found or (State(), Lessons({}, {}))


def open_learners(db: Database, outline: Outline, after: UUID, limit: int) -> Sequence[OpenLearner]:
    """Learners in a course who began and did not complete it, by their ids from behind `after`
    on."""
    return db.all(
        _OPEN_LEARNERS,
        course_id=outline.course_id,
        lessons=list(outline.lesson_ids),
        quizzes=list(outline.quiz_ids),
        after=after,
        limit=limit,
    )


_COUNT_COMPLETIONS = Statement(
    """
    SELECT lesson_id, count(*)::integer FROM lesson_completions
    WHERE lesson_id = ANY(:lesson_ids) GROUP BY lesson_id
    """,
    lambda lesson_id, count: (lesson_id, count),
)


def count_completions(db: Database, lesson_ids: Sequence[UUID]) -> Mapping[UUID, int]:
    """How many learners have each of these lessons completed, where any has."""
    return dict(db.all(_COUNT_COMPLETIONS, lesson_ids=list(lesson_ids)))


# A person's data

_EXPORT_COURSES = Statement(
    """
    SELECT course_id, last_lesson_id, completed_at FROM course_progress
    WHERE user_id = :user_id AND course_id > :after ORDER BY course_id LIMIT :limit
    """,
    ExportedCourse,
)


def _steps(table: str, time: str) -> Statement[ExportedStep]:
    return Statement(
        f"""
        SELECT course_id, lesson_id, {time} FROM {table}
        WHERE user_id = :user_id AND (course_id, lesson_id) > (:course_id, :lesson_id)
        ORDER BY course_id, lesson_id LIMIT :limit
        """,
        ExportedStep,
    )


_EXPORT_COMPLETIONS = _steps("lesson_completions", "completed_at")
_EXPORT_PASSES = _steps("quiz_passes", "passed_at")
_ERASE = [
    Write(f"DELETE FROM {table} WHERE user_id = :user_id", nothing)
    for table in (
        *("course_progress", "lesson_completions", "quiz_passes"),
        *("lesson_positions", "steps"),
    )
]


def export_courses(
    db: Database, user_id: UUID, after: UUID, limit: int
) -> Sequence[ExportedCourse]:
    """The courses that a learner began, from behind one on."""
    return db.all(_EXPORT_COURSES, user_id=user_id, after=after, limit=limit)


_EXPORT_POSITIONS = Statement(
    """
    SELECT course_id, lesson_id, seconds, spent_seconds, updated_at FROM lesson_positions
    WHERE user_id = :user_id AND (course_id, lesson_id) > (:course_id, :lesson_id)
    ORDER BY course_id, lesson_id LIMIT :limit
    """,
    ExportedPosition,
)


def export_positions(
    db: Database, user_id: UUID, after: tuple[UUID, UUID], limit: int
) -> Sequence[ExportedPosition]:
    """Where the learner's videos stand, from behind one (course and lesson) on."""
    course_id, lesson_id = after
    values = {"course_id": course_id, "lesson_id": lesson_id, "limit": limit}
    return db.all(_EXPORT_POSITIONS, user_id=user_id, **values)


def export_completions(
    db: Database, user_id: UUID, after: tuple[UUID, UUID], limit: int
) -> Sequence[ExportedStep]:
    """The lessons that a learner completed, from behind one (course and lesson) on."""
    return _read(db, _EXPORT_COMPLETIONS, user_id, after, limit)


def export_passes(
    db: Database, user_id: UUID, after: tuple[UUID, UUID], limit: int
) -> Sequence[ExportedStep]:
    """The quizzes that a learner passed, from behind one (course and lesson) on."""
    return _read(db, _EXPORT_PASSES, user_id, after, limit)


def erase_steps(db: Database, user_id: UUID) -> None:
    """Delete all that a learner did."""
    for statement in _ERASE:
        db.run(statement, user_id=user_id)


def _read(
    db: Database,
    statement: Statement[ExportedStep],
    user_id: UUID,
    after: tuple[UUID, UUID],
    limit: int,
) -> Sequence[ExportedStep]:
    course_id, lesson_id = after
    values = {"course_id": course_id, "lesson_id": lesson_id, "limit": limit}
    return db.all(statement, user_id=user_id, **values)
