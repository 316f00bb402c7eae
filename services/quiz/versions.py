"""The versions of quizzes, kept at hand, and which of them answers belong to."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache, partial
from uuid import UUID

from services.kit.data.database import Database
from services.kit.data.tables import as_uuid
from services.quiz.answers import Answer
from services.quiz.errors import QuizChanged
from services.quiz.kept import QuizVersion
from services.quiz.repository import quizzes
from services.quiz.repository.quizzes import Current

# A version is some 10 KB; of all quizzes few are taken at one time.
KEPT_AT_HAND = 500


class Versions:
    """Finds versions. They never change, so none is read twice while it is in use."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.find = lru_cache(KEPT_AT_HAND)(partial(quizzes.find_version, database))

    def seen(self, current: Current, answers: Sequence[Answer]) -> QuizVersion:
        """The version of a quiz that somebody saw who answers so: the current one if it fits.

        QuizChanged where the answers are to questions of several versions. Where an id is of none,
        the version that most of them are of.
        """
        quiz = self.find(current.version_id)
        ids = frozenset(named for answer in answers for named in answer.ids())
        if ids <= quiz.ids:
            return quiz
        valid = [UUID(each) for each in ids if str(as_uuid(each)) == each]
        version_id = quizzes.find_version_of(self._database, current.quiz_id, valid)
        if version_id is None:
            return quiz
        nearest = self.find(version_id)
        if not ids <= nearest.ids and self._are_known(current.quiz_id, valid, len(ids)):
            raise QuizChanged
        return nearest

    def _are_known(self, quiz_id: UUID, ids: Collection[UUID], count: int) -> bool:
        return quizzes.count_known(self._database, quiz_id, ids) == count
