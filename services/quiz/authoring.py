"""Quizzes by their authors: read with all answers, replaced, taken away, as GIFT and from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID

from services.clients.authors import AuthoredLesson, Authors
from services.kit.call import Caller
from services.kit.data.database import Database
from services.kit.errors import InvalidFields
from services.kit.rpc.etags import check_etag
from services.quiz import gift
from services.quiz.drafts import DEFAULT_PASS_PERCENTAGE, written_quiz
from services.quiz.errors import QuizNotFound
from services.quiz.exporting import gift_of
from services.quiz.importing import violations
from services.quiz.kept import QuizVersion
from services.quiz.questions import WrittenQuiz
from services.quiz.regrading import Regrading
from services.quiz.repository import quizzes
from services.quiz.repository.quizzes import Current, Latest
from services.quiz.saving import Saving
from services.quiz.telling import Telling
from stellr.quiz.v1.quiz_authoring_service_pb2 import AuthoredQuiz


class OwnedQuiz(NamedTuple):
    """The quiz of a lesson that the caller may change."""

    lesson_id: UUID
    quiz: QuizVersion


class Authoring:
    """LessonNotFound and NotYourCourse in each, EtagStale where an etag is given."""

    def __init__(
        self,
        database: Database,
        saving: Saving,
        authors: Authors,
        telling: Telling,
        regrading: Regrading,
    ) -> None:
        self._database = database
        self._saving = saving
        self._authors = authors
        self._telling = telling
        self._regrading = regrading

    def read(self, lesson_id: str, caller: Caller) -> OwnedQuiz:
        """The quiz as it is; QuizNotFound."""
        lesson = self._authors.check(lesson_id, caller)
        current = quizzes.find_current(self._database, lesson.lesson_id)
        if current is None:
            raise QuizNotFound
        version = quizzes.find_version(self._database, current.version_id)
        return OwnedQuiz(lesson.lesson_id, version)

    def replace(self, lesson_id: str, caller: Caller, draft: AuthoredQuiz) -> OwnedQuiz:
        """Make this the quiz; InvalidFields tells all that is wrong with it."""
        return self._save(
            self._authors.check(lesson_id, caller),
            draft.etag,
            lambda before, _: written_quiz(draft, before.questions if before else ()),
        )

    def import_gift(self, lesson_id: str, caller: Caller, text: str, etag: str) -> OwnedQuiz:
        """Make these its questions; InvalidFields tells each defect with its line."""
        lesson = self._authors.check(lesson_id, caller)
        try:
            questions = gift.parse(text)
        except gift.GiftError as error:
            raise InvalidFields(violations("gift", error)) from None

        def write(before: QuizVersion | None, latest: Latest | None) -> WrittenQuiz:
            if before is None or latest is None:
                return WrittenQuiz(lesson.title, DEFAULT_PASS_PERCENTAGE, questions)
            return WrittenQuiz(before.title, before.pass_percentage, questions, latest.rules)

        return self._save(lesson, etag, write)

    def export_gift(self, lesson_id: str, caller: Caller) -> str:
        """Its questions in GIFT; QuizNotFound."""
        return gift_of(self.read(lesson_id, caller).quiz)

    def delete(self, lesson_id: str, caller: Caller, etag: str) -> None:
        """Take it away; QuizNotFound."""
        lesson = self._authors.check(lesson_id, caller)
        self._lock(lesson, etag)
        if not self._saving.remove(lesson.course_id, [lesson.lesson_id]):
            raise QuizNotFound
        self._telling.changed(lesson.lesson_id)

    def regrade(self, lesson_id: str, caller: Caller, etag: str) -> int:
        """Have results graded anew by it; how many will be looked at. QuizNotFound."""
        lesson = self._authors.check(lesson_id, caller)
        latest = self._lock(lesson, etag)
        if latest is None or latest.removed:
            raise QuizNotFound
        current = Current(latest.quiz_id, latest.version_id)
        return self._regrading.begin(lesson, current)

    def _save(
        self,
        lesson: AuthoredLesson,
        etag: str,
        write: Callable[[QuizVersion | None, Latest | None], WrittenQuiz],
    ) -> OwnedQuiz:
        """Write the quiz anew from what it was before."""
        latest = self._lock(lesson, etag)
        before = quizzes.find_version(self._database, latest.version_id) if latest else None
        saved = self._saving.bring(lesson.lesson_id, write(before, latest), latest)
        self._telling.changed(lesson.lesson_id)
        version = quizzes.find_version(self._database, saved.version_id)
        return OwnedQuiz(lesson.lesson_id, version)

    def _lock(self, lesson: AuthoredLesson, etag: str) -> Latest | None:
        """The last version, which nobody else changes meanwhile; EtagStale."""
        latest = self._saving.lock(lesson.course_id, [lesson.lesson_id]).get(lesson.lesson_id)
        present = str(latest.version_id) if latest and not latest.removed else ""
        check_etag(etag, present)
        return latest
