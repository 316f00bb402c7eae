"""Taking a quiz: reading it, submitting answers, looking at results."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from services.kit.data.database import Database
from services.kit.data.pages import PageTokens
from services.kit.events.cache import EventCache, Loaded
from services.kit.events.events import Events
from services.quiz.errors import QuizNotFound
from services.quiz.grading import Answer
from services.quiz.kept import QuizVersion
from services.quiz.lessons import Lessons
from services.quiz.outcome import outcome
from services.quiz.repository import quizzes, results
from services.quiz.repository.quizzes import Current
from services.quiz.repository.results import KeptResult, Standing
from services.quiz.versions import Versions
from stellr.quiz.v1.events_pb2 import QuizPassed


class OwnQuiz(NamedTuple):
    """The quiz of a lesson, and how a learner stands in it."""

    lesson_id: UUID
    quiz: QuizVersion
    standing: Standing


class Attempts:
    """Shows quizzes to the enrolled and grades what they submit."""

    def __init__(
        self,
        database: Database,
        events: Events,
        page_tokens: PageTokens,
        lessons: Lessons,
        quizzes: EventCache[Current],
    ) -> None:
        self._database = database
        self._events = events
        self._page_tokens = page_tokens
        self._lessons = lessons
        self._quizzes = quizzes
        self._versions = Versions(database)

    def read(self, lesson_id: str, user_id: UUID) -> OwnQuiz:
        """The quiz of a lesson that the learner is enrolled in; QuizNotFound."""
        lesson = self._lessons.enrolled(lesson_id, user_id)
        current = self._current(lesson.lesson_id)
        standing = results.find_standing(self._database, current.quiz_id, user_id)
        return OwnQuiz(lesson.lesson_id, self._versions.find(current.version_id), standing)

    def submit(self, lesson_id: str, user_id: UUID, answers: Sequence[Answer]) -> KeptResult:
        """Grade the answers and keep the result; a first pass is told of with it.

        QuizNotFound; InvalidFields names every answer that does not fit the quiz; QuizChanged.
        """
        lesson = self._lessons.enrolled(lesson_id, user_id)
        quiz = self._versions.seen(self._current(lesson.lesson_id), answers)
        graded = outcome(quiz, answers)
        passing = QuizPassed(
            user_id=str(user_id), lesson_id=str(lesson.lesson_id), course_id=str(lesson.course_id)
        )
        passing.pass_time.FromDatetime(datetime.now(UTC))
        return results.add_result(self._database, self._events, quiz, graded, passing)

    def results(
        self, lesson_id: str, user_id: UUID, size: int, page_token: str
    ) -> tuple[Sequence[KeptResult], str]:
        """A page of the learner's results, newest first, and the token of the next."""
        lesson = self._lessons.enrolled(lesson_id, user_id)
        quiz_id = self._current(lesson.lesson_id).quiz_id
        scope = f"results:{quiz_id}:{user_id}"
        seen = self._page_tokens.read(page_token, scope)
        before = UUID(seen[0]) if seen else None
        rows = results.list_results(self._database, quiz_id, user_id, before, size + 1)
        return self._page_tokens.page(rows, size, scope, lambda row: [str(row.result_id)])

    def _current(self, lesson_id: UUID) -> Current:
        return self._quizzes.get(str(lesson_id), lambda: self._load(lesson_id))

    def _load(self, lesson_id: UUID) -> Loaded[Current]:
        current = quizzes.find_current(self._database, lesson_id)
        if current is None:
            raise QuizNotFound
        return Loaded(current, (str(lesson_id),), (str(lesson_id),))
