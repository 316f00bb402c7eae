"""Keeping quizzes: each change is a version, with the ids that stay."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from services.kit.data.database import Database
from services.kit.events.events import Events
from services.quiz import matching
from services.quiz.ids import blind_ids
from services.quiz.kept import QuizVersion
from services.quiz.questions import WrittenQuiz
from services.quiz.repository import quizzes
from services.quiz.repository.quizzes import Latest
from stellr.quiz.v1.events_pb2 import QuizChanged


class SavedQuiz(NamedTuple):
    """The quiz of a lesson, and whether anything was different before."""

    quiz_id: UUID
    version_id: UUID
    changed: bool


class Saving:
    """Writes quizzes, those of one course in turn, and tells of it."""

    def __init__(self, database: Database, events: Events, *, awaited: bool = False) -> None:
        """With `awaited` whoever gets the answer sees the change, whichever process they ask."""
        self._database = database
        self._events = events
        self._awaited = awaited

    def lock(self, course_id: UUID, lesson_ids: Sequence[UUID]) -> dict[UUID, Latest]:
        """By lesson, the last version of its quiz, which nobody else changes meanwhile."""
        quizzes.lock_course(self._database, course_id)
        return quizzes.find_latest(self._database, lesson_ids)

    def save(self, course_id: UUID, lesson_id: UUID, written: WrittenQuiz) -> SavedQuiz:
        """Make this the quiz of a lesson."""
        return self.bring(lesson_id, written, self.lock(course_id, [lesson_id]).get(lesson_id))

    def bring(self, lesson_id: UUID, written: WrittenQuiz, latest: Latest | None) -> SavedQuiz:
        """Make this the quiz of a lesson that is locked. What it was once is that version again."""
        if latest and not latest.removed and latest.digest == written.digest:
            return SavedQuiz(latest.quiz_id, latest.version_id, changed=False)
        db = self._database
        new_ids = quizzes.new_ids(db, 2)
        quiz_id = latest.quiz_id if latest else next(new_ids)
        earlier = quizzes.find_by_digest(db, quiz_id, written.digest)
        version_id = earlier or next(new_ids)
        quizzes.set_quiz(db, lesson_id, quiz_id, version_id)
        if earlier is None:
            before = quizzes.find_version(db, latest.version_id).questions if latest else ()
            version = QuizVersion(
                quiz_id=quiz_id,
                version_id=version_id,
                title=written.title,
                pass_percentage=written.pass_percentage,
                questions=matching.with_ids(written.questions, before, blind_ids(quiz_id)),
                rules=written.rules,
            )
            quizzes.add_version(db, version, written.digest)
        self._tell(lesson_id)
        return SavedQuiz(quiz_id, version_id, changed=True)

    def remove(self, course_id: UUID, lesson_ids: Sequence[UUID]) -> int:
        """Take the quizzes of lessons away; how many there were."""
        quizzes.lock_course(self._database, course_id)
        removed = quizzes.remove_quizzes(self._database, lesson_ids)
        for lesson_id in removed:
            self._tell(lesson_id)
        return len(removed)

    def _tell(self, lesson_id: UUID) -> None:
        self._events.append(QuizChanged(lesson_id=str(lesson_id)), awaited=self._awaited)
