"""The quizzes of lessons as they are now, and their versions, kept at hand."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.kit.data.database import Database
from services.kit.events.cache import EventCache, Loaded
from services.quiz.answers import Answer
from services.quiz.errors import QuizNotFound
from services.quiz.kept import QuizVersion
from services.quiz.repository import quizzes
from services.quiz.repository.quizzes import Current
from services.quiz.versions import Versions


class CurrentQuizzes:
    """Knows which version of a quiz is the one of its lesson."""

    def __init__(self, database: Database, cache: EventCache[Current]) -> None:
        self._database = database
        self._cache = cache
        self._versions = Versions(database)
        self.find = self._versions.find

    def version(self, lesson_id: UUID) -> QuizVersion:
        """The quiz of a lesson; QuizNotFound."""
        return self.find(self.current(lesson_id).version_id)

    def version_or(self, lesson_id: UUID, quiz: QuizVersion) -> QuizVersion:
        """The version whose rules hold for all attempts together: that of now, if there is one."""
        try:
            return self.version(lesson_id)
        except QuizNotFound:
            return quiz

    def current(self, lesson_id: UUID) -> Current:
        """Which quiz a lesson has; QuizNotFound."""
        return self._cache.get(str(lesson_id), lambda: self._load(lesson_id))

    def seen(self, quiz: QuizVersion, answers: Sequence[Answer]) -> QuizVersion:
        """The version that somebody saw who answers so: as `Versions.seen`."""
        return self._versions.seen(Current(quiz.quiz_id, quiz.version_id), answers)

    def _load(self, lesson_id: UUID) -> Loaded[Current]:
        current = quizzes.find_current(self._database, lesson_id)
        if current is None:
            raise QuizNotFound
        return Loaded(current, (str(lesson_id),), (str(lesson_id),))
