"""Steps that learners take in courses, on a database of a test's own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

from services.clients.course import Lesson, Outline
from services.kit.data.database import Database
from services.kit.events.events import Events
from services.progress.repository import learning
from services.progress.steps import State
from stellr.progress.v1.events_pb2 import CourseCompleted
from stellr.quiz.v1.events_pb2 import QuizPassed
from tests.services.outbox import written

COURSE, LEARNER = uuid4(), uuid4()
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def outline(*lessons: UUID, quiz: UUID | None = None) -> Outline:
    """The course with these lessons; `quiz` is the one that has a quiz."""
    made = (Lesson(str(each), "", each == quiz, preview=False) for each in lessons)
    return Outline(COURSE, "slug", "Title", tuple(made))


def passed(lesson_id: UUID, user_id: UUID = LEARNER, course_id: UUID = COURSE) -> QuizPassed:
    """The event of a quiz that was passed."""
    event = QuizPassed(user_id=str(user_id), lesson_id=str(lesson_id), course_id=str(course_id))
    event.pass_time.FromDatetime(NOW)
    return event


@dataclass(frozen=True)
class Step:
    """A lesson that is completed, or its quiz that is passed."""

    lesson_id: UUID
    is_quiz: bool = False
    user_id: UUID = LEARNER

    def within(self, database: Database, events: Events, course: Outline) -> State:
        """Take it in the transaction that there is: the state after it."""
        if self.is_quiz:
            told = passed(self.lesson_id, self.user_id)
            learning.pass_quiz(database, events, course, told)
            return learning.find_state(database, self.user_id, COURSE)
        return learning.complete_lesson(database, events, self.user_id, course, self.lesson_id)

    def take(self, database: Database, events: Events, course: Outline) -> State:
        """Take it in a transaction of its own."""
        with database.transaction():
            return self.within(database, events, course)


def completions(database: Database) -> list[tuple[UUID, UUID]]:
    """The courses that were told to be completed, by whom, oldest first."""
    found = written(database, CourseCompleted)
    return [(UUID(event.user_id), UUID(event.course_id)) for event in found]
