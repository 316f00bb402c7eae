from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.kit.data.database import Database
from services.progress import repository
from services.progress.models import Completion
from services.progress.repository import State
from services.progress.tracking import settle, settle_one
from stellr.course.v1.course_internal_service_pb2 import Outline
from stellr.course.v1.course_pb2 import LessonSummary

COURSE, LEARNER = uuid4(), uuid4()
LESSONS = [uuid4() for _ in range(3)]
NOW = datetime(2026, 11, 22, tzinfo=UTC)
Step = Callable[[Session], State]


@pytest.fixture
def database(database_of: Callable[[str], Database]) -> Database:
    return database_of("progress")


def outline(*lessons: UUID, quiz: UUID | None = None) -> Outline:
    return Outline(
        course_id=str(COURSE),
        lessons=[LessonSummary(lesson_id=str(i), has_quiz=i == quiz) for i in lessons],
    )


def lesson(lesson_id: UUID) -> Step:
    return lambda db: repository.complete_lesson(db, LEARNER, COURSE, lesson_id)


def quiz(lesson_id: UUID) -> Step:
    return lambda db: repository.pass_quiz(db, LEARNER, COURSE, lesson_id, NOW)


def take(database: Database, course: Outline, step: Step) -> State:
    with database.transaction() as unit:
        return settle_one(database, LEARNER, course, step(unit.session))


def fed(database: Database) -> list[tuple[UUID, UUID]]:
    with database.transaction() as unit:
        found = repository.completions(unit.session, "", 100)
        return [(event.user_id, event.course_id) for event in found]


def test_a_lesson_marked_again_changes_nothing(database: Database) -> None:
    course = outline(*LESSONS)
    first = take(database, course, lesson(LESSONS[0]))
    second = take(database, course, lesson(LESSONS[1]))
    again = take(database, course, lesson(LESSONS[0]))
    assert first.done.lessons == {str(LESSONS[0])}
    assert again == second
    assert again.last_lesson_id == LESSONS[1]


def test_marking_again_writes_no_row(database: Database) -> None:
    take(database, outline(*LESSONS), lesson(LESSONS[0]))
    rows = sa.text(
        "SELECT xmin::text FROM course_progress UNION ALL SELECT xmin::text FROM lesson_completions"
    )
    with database.transaction() as unit:
        before = unit.session.scalars(rows).all()
    take(database, outline(*LESSONS), lesson(LESSONS[0]))
    with database.transaction() as unit:
        assert unit.session.scalars(rows).all() == before


def test_the_last_step_completes_the_course_once(database: Database) -> None:
    course = outline(*LESSONS, quiz=LESSONS[0])
    assert take(database, course, quiz(LESSONS[0])).completed_at is None
    assert take(database, course, lesson(LESSONS[0])).completed_at is None
    assert take(database, course, lesson(LESSONS[1])).completed_at is None
    assert fed(database) == []
    completed_at = take(database, course, lesson(LESSONS[2])).completed_at
    assert completed_at is not None
    assert take(database, course, lesson(LESSONS[2])).completed_at == completed_at
    assert take(database, course, quiz(LESSONS[0])).completed_at == completed_at
    assert fed(database) == [(LEARNER, COURSE)]


def test_a_completed_course_stays_completed(database: Database) -> None:
    take(database, outline(LESSONS[0]), lesson(LESSONS[0]))
    with database.transaction() as unit:
        repository.undo_lesson(unit.session, LEARNER, COURSE, LESSONS[0])
    with database.transaction() as unit:
        state = repository.find_state(unit.session, LEARNER, COURSE)
        longer = settle_one(database, LEARNER, outline(*LESSONS), state)
    assert longer.done.lessons == set()
    assert longer.completed_at is not None
    assert fed(database) == [(LEARNER, COURSE)]


def test_a_course_is_completed_when_what_was_missing_leaves_it(database: Database) -> None:
    take(database, outline(*LESSONS[:2]), lesson(LESSONS[0]))
    with database.transaction() as unit:
        states = repository.find_states(unit.session, LEARNER, [COURSE])
        shorter = settle(database, LEARNER, [outline(LESSONS[0])], states)
    assert shorter[0].completed_at is not None
    assert fed(database) == [(LEARNER, COURSE)]


def test_a_rolled_back_step_completes_nothing(database: Database) -> None:
    course = outline(LESSONS[0])

    def fail(db: Session) -> State:
        settle_one(database, LEARNER, course, lesson(LESSONS[0])(db))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        take(database, course, fail)
    assert fed(database) == []
    with database.transaction() as unit:
        assert repository.find_state(unit.session, LEARNER, COURSE) == State()


@pytest.mark.parametrize(
    ("course", "first", "second"),
    [
        (outline(*LESSONS[:2]), lesson(LESSONS[0]), lesson(LESSONS[1])),
        (outline(LESSONS[0], quiz=LESSONS[0]), lesson(LESSONS[0]), quiz(LESSONS[0])),
        (outline(LESSONS[0], quiz=LESSONS[0]), quiz(LESSONS[0]), lesson(LESSONS[0])),
    ],
)
def test_two_last_steps_at_the_same_moment_complete_the_course(
    database: Database, course: Outline, first: Step, second: Step
) -> None:
    """The second step begins before the first one commits: it must wait, and then see it."""
    take(database, course, lesson(uuid4()))
    begun = threading.Event()

    def take_second() -> State:
        with database.transaction() as unit:
            begun.set()
            return settle_one(database, LEARNER, course, second(unit.session))

    with ThreadPoolExecutor(1) as other:
        with database.transaction() as unit:
            early = settle_one(database, LEARNER, course, first(unit.session))
            late = other.submit(take_second)
            begun.wait(5)
            with pytest.raises(TimeoutError):
                late.result(timeout=0.3)
        assert early.completed_at is None
        assert late.result(timeout=5).completed_at is not None
    assert fed(database) == [(LEARNER, COURSE)]


def test_all_steps_at_once_complete_the_course_once(database: Database) -> None:
    many = [uuid4() for _ in range(20)]
    course = outline(*many, quiz=many[0])
    steps = [lesson(one) for one in many] + [quiz(many[0])] + [lesson(one) for one in many]
    with ThreadPoolExecutor(5) as pool:
        states = list(pool.map(lambda step: take(database, course, step), steps))
    completed = {state.completed_at for state in states} - {None}
    assert len(completed) == 1
    assert fed(database) == [(LEARNER, COURSE)]


def test_different_learners_do_not_wait_for_each_other(database: Database) -> None:
    with database.transaction() as unit:
        lesson(LESSONS[0])(unit.session)
        with ThreadPoolExecutor(1) as other:

            def elsewhere() -> State:
                with database.transaction() as unit:
                    return repository.complete_lesson(unit.session, uuid4(), COURSE, LESSONS[0])

            assert other.submit(elsewhere).result(timeout=5).last_lesson_id == LESSONS[0]


def test_the_feed_goes_on_from_a_cursor(database: Database) -> None:
    learners = [uuid4() for _ in range(5)]
    for learner in learners:
        with database.transaction() as unit:
            state = repository.complete_lesson(unit.session, learner, COURSE, LESSONS[0])
            settle_one(database, learner, outline(LESSONS[0]), state)
    seen: list[UUID] = []
    cursor = ""
    with database.transaction() as unit:
        while batch := repository.completions(unit.session, cursor, 2):
            seen += [event.user_id for event in batch]
            cursor = str(batch[-1].event_id)
        assert unit.session.scalar(sa.select(sa.func.count()).select_from(Completion)) == 5
    assert seen == learners
