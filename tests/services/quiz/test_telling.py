"""Course is told what is true, whatever dies or overtakes on the way."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from services.kit.data.database import Database
from services.kit.errors import ServiceUnavailable
from services.kit.events.events import Events
from services.kit.metrics import Metrics
from services.kit.work.jobs import Jobs
from services.quiz import gift
from services.quiz.questions import WrittenQuiz
from services.quiz.saving import Saving
from services.quiz.telling import Telling
from stellr.course.v1.course_internal_service_pb2 import SetLessonQuizRequest

JOBS = sa.text("SELECT args FROM procrastinate_jobs WHERE task_name = 'tell_course' ORDER BY id")
COURSE = uuid4()


class Course:
    """A course service that may be away."""

    def __init__(self) -> None:
        self.away = False
        self.told: list[bool] = []

    def SetLessonQuiz(self, request: SetLessonQuizRequest, timeout: float) -> None:
        if self.away:
            raise ServiceUnavailable
        self.told.append(request.has_quiz)


class World:
    def __init__(self, database: Database, events: Events) -> None:
        self.course, self.database, self.lesson = Course(), database, uuid4()
        self.saving = Saving(database, events)
        course: Any = self.course
        self.telling = Telling(database, course, Jobs(database, Metrics("quiz", "test")))

    def save(self, title: str = "Quiz") -> None:
        with self.database.transaction():
            self.saving.save(COURSE, self.lesson, WrittenQuiz(title, 60, gift.parse("Q {T}")))
            self.telling.changed(self.lesson)

    def remove(self) -> None:
        with self.database.transaction():
            self.saving.remove(COURSE, [self.lesson])
            self.telling.changed(self.lesson)

    def work(self) -> None:
        """Do all jobs, the last one first."""
        with self.database.transaction() as unit:
            jobs = [args["values"] for (args,) in unit.session.execute(JOBS)]
        for values in reversed(jobs):
            with self.database.transaction():
                self.telling.tell(**values)


@pytest.fixture(name="world")
def _world(database: Database, events: Events) -> World:
    return World(database, events)


def test_course_knows_before_the_answer(world: World) -> None:
    world.save()
    assert world.course.told == [True]
    world.remove()
    assert world.course.told == [True, False]


def test_a_course_that_is_away_is_told_later_what_is_true_then(world: World) -> None:
    world.course.away = True
    world.save()
    world.remove()
    assert world.course.told == []
    world.course.away = False
    world.work()
    assert world.course.told == [False, False]


def test_what_is_rolled_back_is_not_told(world: World) -> None:
    def fail() -> None:
        with world.database.transaction():
            world.saving.save(COURSE, world.lesson, WrittenQuiz("Q", 60, gift.parse("Q {T}")))
            world.telling.changed(world.lesson)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    world.work()
    assert world.course.told == []


def test_the_last_word_is_the_true_one(world: World) -> None:
    def change(number: int) -> None:
        world.save(f"Quiz {number}") if number % 2 else world.remove()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(change, range(40)))
    world.remove()
    last: UUID = world.lesson
    with world.database.transaction():
        world.telling.tell(lesson_id=str(last))
    assert world.course.told[-1] is False
