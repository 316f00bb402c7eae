from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.kit.data.database import Database
from services.kit.data.statements import Statement
from services.kit.events.cache import SETTLING_SECONDS
from services.kit.events.events import Events
from services.kit.metrics import Metrics
from services.kit.work.jobs import Jobs
from services.kit.work.supervisor import Supervisor
from services.progress import settling
from services.progress.repository import learning
from services.progress.settling import NOBODY, Settling
from stellr.course.v1.events_pb2 import EnrollmentChanged, OutlineChanged
from tests.services.known_courses import CourseStub, known_courses, lesson
from tests.services.progress.taking import (
    COURSE,
    LEARNER,
    NOW,
    Step,
    completions,
    outline,
    passed,
)
from tests.support import eventually

LESSONS = [uuid4() for _ in range(2)]
_JOBS = Statement(
    "SELECT args->'values', scheduled_at FROM procrastinate_jobs WHERE task_name = 'settle_course'",
    lambda values, at: (values, at),
)


class World:
    """Progress hearing of others, with a worker for its jobs; course is a stub."""

    def __init__(self, database: Database, events: Events) -> None:
        self.database, self.events = database, events
        self.course = CourseStub()
        self.metrics = Metrics("progress", "test")
        self.jobs = Jobs(database, self.metrics)
        # Nothing is kept at hand: the outline is always as the stub has it.
        courses = known_courses(self.course, live=False)
        self.settling = Settling(database, events, courses, self.jobs)

    def hear_pass(self, lesson_id: UUID) -> None:
        with self.database.transaction():
            self.settling.quiz_passed(passed(lesson_id))

    def hear_enrollment(self) -> None:
        event = EnrollmentChanged(user_id=str(LEARNER), course_id=str(COURSE))
        with self.database.transaction():
            self.settling.enrollment_changed(event)

    def settle(self, after: UUID = NOBODY) -> None:
        with self.database.transaction():
            self.settling.settle_course(course_id=str(COURSE), after=str(after))

    def waiting(self) -> list[Any]:
        return self.database.all(_JOBS)


@pytest.fixture
def world(database: Database, events: Events) -> World:
    return World(database, events)


@pytest.fixture
def working(world: World) -> Iterator[None]:
    supervisor = Supervisor(world.metrics)
    supervisor.start()
    supervisor.add("jobs", world.jobs.work)
    yield
    supervisor.stop(5)


def test_the_last_quiz_that_is_passed_completes_the_course_once(world: World) -> None:
    world.course.publish(COURSE, lesson(LESSONS[0], has_quiz=True))
    Step(LESSONS[0]).take(world.database, world.events, outline(*LESSONS, quiz=LESSONS[0]))
    for _ in range(2):
        world.hear_pass(LESSONS[0])
        assert completions(world.database) == [(LEARNER, COURSE)]


def test_a_pass_in_a_course_that_is_not_published_is_kept_and_counts_later(world: World) -> None:
    world.hear_pass(LESSONS[0])
    state = learning.find_state(world.database, LEARNER, COURSE)
    assert (state.done.quizzes, state.completed_at) == ({str(LESSONS[0])}, None)
    course = outline(LESSONS[0], quiz=LESSONS[0])
    done = Step(LESSONS[0]).take(world.database, world.events, course)
    assert done.completed_at is not None
    assert completions(world.database) == [(LEARNER, COURSE)]


def test_a_course_that_is_published_again_counts_what_was_passed_meanwhile(world: World) -> None:
    Step(LESSONS[0]).take(world.database, world.events, outline(LESSONS[0], quiz=LESSONS[0]))
    world.hear_pass(LESSONS[0])
    world.settle()
    assert completions(world.database) == []
    world.course.publish(COURSE, lesson(LESSONS[0], has_quiz=True))
    world.settle()
    assert completions(world.database) == [(LEARNER, COURSE)]


def test_a_course_that_changed_is_looked_at_once_all_of_course_know(world: World) -> None:
    """A process of course that does not hear may tell the past for as long as a cache lives."""
    before = datetime.now(UTC)
    with world.database.transaction():
        world.settling.outline_changed(OutlineChanged(course_id=str(COURSE)))
    ((values, at),) = world.waiting()
    assert values == {"course_id": str(COURSE), "after": str(NOBODY)}
    assert at >= before + timedelta(seconds=SETTLING_SECONDS)


@pytest.mark.usefixtures("working")
def test_who_lacked_what_left_the_course_completes_it_once_in_batches(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "BATCH", 2)
    monkeypatch.setattr(settling, "SETTLING", timedelta(0))
    longer = outline(*LESSONS)
    ready, open_ = [uuid4() for _ in range(5)], [uuid4() for _ in range(4)]
    for user_id in ready:
        Step(LESSONS[0], user_id=user_id).take(world.database, world.events, longer)
    for user_id in open_:
        Step(LESSONS[1], user_id=user_id).take(world.database, world.events, longer)
    world.course.publish(COURSE, lesson(LESSONS[0]))
    for _ in range(2):
        with world.database.transaction():
            world.settling.outline_changed(OutlineChanged(course_id=str(COURSE)))
        eventually(lambda: not world.waiting())
        assert sorted(completions(world.database)) == sorted((each, COURSE) for each in ready)


def test_a_batch_asks_for_the_next_in_its_own_transaction(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "BATCH", 2)
    learners = sorted(uuid4() for _ in range(3))
    for user_id in learners:
        Step(LESSONS[0], user_id=user_id).take(world.database, world.events, outline(*LESSONS))
    world.course.publish(COURSE, lesson(LESSONS[0]))
    world.settle()
    assert completions(world.database) == [(each, COURSE) for each in learners[:2]]
    assert [values["after"] for values, _ in world.waiting()] == [str(learners[1])]
    world.settle(after=learners[1])
    assert completions(world.database) == [(each, COURSE) for each in learners]
    assert len(world.waiting()) == 1


def test_who_left_a_course_completes_it_by_an_edit_only_after_coming_back(world: World) -> None:
    Step(LESSONS[0]).take(world.database, world.events, outline(*LESSONS))
    world.hear_enrollment()
    world.course.publish(COURSE, lesson(LESSONS[0]))
    world.settle()
    assert completions(world.database) == []
    world.course.enroll(LEARNER, COURSE)
    for _ in range(2):
        world.hear_enrollment()
        assert completions(world.database) == [(LEARNER, COURSE)]


def test_a_course_that_is_withdrawn_completes_nobody(world: World) -> None:
    Step(LESSONS[0]).take(world.database, world.events, outline(*LESSONS))
    world.settle()
    assert completions(world.database) == []
    assert world.waiting() == []


def test_when_a_quiz_was_passed_is_kept(world: World) -> None:
    world.hear_pass(LESSONS[0])
    kept = Statement("SELECT passed_at FROM quiz_passes", lambda at: at)
    assert world.database.all(kept) == [NOW]
