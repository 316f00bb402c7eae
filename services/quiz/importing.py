"""Taking quizzes in: read as GIFT, kept with the ids they had, and told to course."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from uuid import UUID

from services.kit.errors import InvalidFields, NotFound, Violation
from services.kit.process.runtime import Runtime
from services.quiz import gift, kept, repository
from services.quiz.lessons import Lessons
from services.quiz.questions import Question
from stellr.quiz.v1 import quiz_internal_service_pb2 as pb


def check(text: str) -> pb.GiftReport:
    """How many questions a GIFT text has, or all of its defects."""
    try:
        return pb.GiftReport(question_count=len(gift.parse(text)))
    except gift.GiftError as error:
        defects = [pb.GiftDefect(line=each.line, reason=each.reason) for each in error.defects]
        return pb.GiftReport(defects=defects)


class Importing:
    """Brings the quizzes of lessons to what their author wrote.

    Course is told before the commit, so that a lesson never has a quiz that course does not know
    of for longer than until the next import: it is told again even where nothing changed.
    """

    def __init__(self, runtime: Runtime, lessons: Lessons) -> None:
        self._database = runtime.database
        self._lessons = lessons

    def import_quiz(self, request: pb.ImportQuizRequest) -> pb.ImportedQuiz:
        """Make the quiz of a lesson, or bring it to this text; InvalidFields tells defects."""
        db, lesson_id = self._database.session, UUID(request.lesson_id)
        questions = _parse(request.gift)
        source = kept.source_hash(request.title, request.pass_percentage, questions)
        repository.lock_lesson(db, lesson_id)
        same = repository.find_same(db, lesson_id, source)
        quiz_id = same or self._save(request, source, questions)
        self._lessons.set_quiz(lesson_id, True)
        return pb.ImportedQuiz(
            quiz_id=str(quiz_id), question_count=len(questions), changed=same is None
        )

    def remove_quiz(self, lesson_id: UUID) -> bool:
        """Take the quiz of a lesson away, and tell course; whether there was one."""
        db = self._database.session
        repository.lock_lesson(db, lesson_id)
        removed = repository.remove_quiz(db, lesson_id)
        # A lesson that course no longer knows needs no telling.
        with suppress(NotFound):
            self._lessons.set_quiz(lesson_id, False)
        return removed

    def _save(
        self, request: pb.ImportQuizRequest, source: str, questions: Sequence[Question]
    ) -> UUID:
        db = self._database.session
        values = {
            "lesson_id": UUID(request.lesson_id),
            "title": request.title,
            "pass_percentage": request.pass_percentage,
            "source_hash": source,
        }
        quiz_id = repository.save_quiz(db, values)
        new_ids = repository.new_ids(db, kept.id_count(questions))
        pool = kept.IdPool(repository.known_ids(db, quiz_id), new_ids)
        repository.replace_questions(db, quiz_id, *kept.rows(quiz_id, questions, pool))
        return quiz_id


def _parse(text: str) -> list[Question]:
    try:
        return gift.parse(text)
    except gift.GiftError as error:
        violations = [
            Violation("gift", f"line {each.line}: {each.reason}") for each in error.defects
        ]
        raise InvalidFields(violations) from None
