"""Attempts on a database of a test's own, where everybody is enrolled in everything."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg

from services.kit.data.database import Database
from services.kit.data.statements import Statement, scalar
from services.kit.events.events import Events
from services.quiz import gift
from services.quiz.answers import Answer
from services.quiz.attempts import Attempts, OwnQuiz, Saved, Taken
from services.quiz.current import CurrentQuizzes
from services.quiz.ending import Ending
from services.quiz.kept import KeptQuestion, QuizVersion
from services.quiz.lessons import OwnLesson
from services.quiz.questions import WrittenQuiz
from services.quiz.repository.results import KeptResult
from services.quiz.rules import Rules
from services.quiz.saving import Saving
from stellr.quiz.v1.events_pb2 import QuizPassed
from tests.services.outbox import written

GIFT = "::One::One? {T}\n\n::Two::Two? {T}\n\n::Three::Three? {=a ~b}\n\n::Four::Four? {#4}"
COURSE = uuid4()
_COUNT = Statement("SELECT count(*) FROM results", scalar)


class _Lessons:
    """Everybody is in the course."""

    def enrolled(self, lesson_id: str, user_id: UUID) -> OwnLesson:
        return OwnLesson(UUID(lesson_id), COURSE)


class _Cache:
    """Keeps nothing."""

    def get(self, key: str, load: Callable[[], Any]) -> Any:
        return load().value


class Classroom:
    """A quiz of four questions, and learners who take it."""

    def __init__(self, database: Database, events: Events) -> None:
        self.database = database
        self.lesson_id = uuid4()
        self.learner = uuid4()
        cache: Any = _Cache()
        lessons: Any = _Lessons()
        quizzes = CurrentQuizzes(database, cache)
        self._saving = Saving(database, events)
        self._attempts = Attempts(database, events, lessons, quizzes)
        self._ending = Ending(database, events, quizzes)

    @classmethod
    def like(cls, room: Classroom, learner: UUID) -> Classroom:
        """The same room, with another learner in it."""
        other = copy(room)
        other.learner = learner
        return other

    def bring(self, text: str = GIFT, pass_percentage: int = 60, **rules: Any) -> None:
        """Make this the quiz."""
        quiz = WrittenQuiz("Quiz", pass_percentage, gift.parse(text), Rules(**rules))
        with self.database.transaction():
            self._saving.save(COURSE, self.lesson_id, quiz)

    def remove(self) -> None:
        with self.database.transaction():
            self._saving.remove(COURSE, [self.lesson_id])

    def read(self) -> OwnQuiz:
        return self._attempts.read(str(self.lesson_id), self.learner)

    def start(self) -> Taken:
        with self.database.transaction():
            return self._attempts.start(str(self.lesson_id), self.learner)

    def save(self, attempt_id: UUID | str, answers: Sequence[Answer]) -> Saved:
        with self.database.transaction():
            return self._attempts.save(str(attempt_id), self.learner, answers)

    def submit(
        self, answers: Sequence[Answer] | None = None, attempt_id: object = ""
    ) -> KeptResult:
        """Hand in answers; by default what an attempt has, or else a question without one."""
        given = answers if answers is not None else () if attempt_id else self.unknown()
        with self.database.transaction():
            return self._attempts.submit(str(self.lesson_id), self.learner, str(attempt_id), given)

    def unknown(self) -> list[Answer]:
        """What somebody hands in who knows nothing."""
        return [Answer.of(self.read().quiz.questions[0].question_id)]

    def end_late(self) -> bool:
        with self.database.transaction():
            return self._ending.end_late()

    def let_time_pass(self, seconds: float) -> None:
        """As if all attempts and results were so much older."""
        ago = timedelta(seconds=seconds)
        with psycopg.connect(self.database.url) as connection:
            connection.execute(
                "UPDATE attempts SET started_at = started_at - %s, expires_at = expires_at - %s",
                (ago, ago),
            )
            connection.execute("UPDATE standings SET ended_at = ended_at - %s", (ago,))

    def passes(self) -> int:
        """How often it was told that somebody passed."""
        return len(written(self.database, QuizPassed))

    def results(self) -> int:
        return int(self.database.one(_COUNT))


def right(quiz: QuizVersion, count: int = 100) -> list[Answer]:
    """The right answers to so many of the questions."""
    return [_right(question) for question in quiz.questions[:count]]


def wrong(quiz: QuizVersion) -> list[Answer]:
    return [replace(answer, option_ids=(), number=None) for answer in right(quiz)]


def _right(question: KeptQuestion) -> Answer:
    if question.kind == "numeric":
        return Answer.of(question.question_id, number=float(question.options[0].text))
    chosen = [option.option_id for option in question.options if option.right]
    return Answer.of(question.question_id, chosen)


def now() -> datetime:
    return datetime.now(UTC)
