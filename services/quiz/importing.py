"""Taking quizzes in: read as GIFT, and kept with the ids they had."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.kit.data.database import Database
from services.kit.errors import InvalidFields, Violation
from services.quiz import gift, kept, repository
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
    """Brings the quizzes of courses to what their authors wrote.

    Course is told by whoever imports, once all that belongs to the course is in.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def run(self, request: pb.ImportQuizzesRequest) -> list[pb.ImportedQuiz]:
        """Make quizzes, or bring them to these texts; InvalidFields tells all their defects.

        Imports of one course take turns.
        """
        questions = _parse(request.quizzes)
        db = self._database.session
        repository.lock_course(db, UUID(request.course_id))
        lesson_ids = [UUID(quiz.lesson_id) for quiz in request.quizzes]
        sources = repository.find_sources(db, lesson_ids)
        return [
            self._import(quiz, parsed, request.pass_percentage, sources.get(UUID(quiz.lesson_id)))
            for quiz, parsed in zip(request.quizzes, questions, strict=True)
        ]

    def remove(self, course_id: UUID, lesson_ids: Sequence[UUID]) -> int:
        """Take the quizzes of lessons away; how many there were."""
        db = self._database.session
        repository.lock_course(db, course_id)
        return repository.remove_quizzes(db, lesson_ids)

    def _import(
        self,
        quiz: pb.ImportQuiz,
        questions: Sequence[Question],
        pass_percentage: int,
        last: repository.Source | None,
    ) -> pb.ImportedQuiz:
        source_hash = kept.source_hash(quiz.title, pass_percentage, questions)
        count = len(questions)
        if last and last.source_hash == source_hash:
            return pb.ImportedQuiz(quiz_id=str(last.quiz_id), question_count=count)
        values = {
            "lesson_id": UUID(quiz.lesson_id),
            "title": quiz.title,
            "pass_percentage": pass_percentage,
            "source_hash": source_hash,
        }
        quiz_id = self._save(values, questions)
        return pb.ImportedQuiz(quiz_id=str(quiz_id), question_count=count, changed=True)

    def _save(self, values: dict[str, object], questions: Sequence[Question]) -> UUID:
        db = self._database.session
        quiz_id = repository.save_quiz(db, values)
        new_ids = repository.new_ids(db, kept.id_count(questions))
        pool = kept.IdPool(repository.known_ids(db, quiz_id), new_ids)
        repository.replace_questions(db, quiz_id, *kept.rows(quiz_id, questions, pool))
        return quiz_id


def _parse(quizzes: Sequence[pb.ImportQuiz]) -> list[list[Question]]:
    """The questions of each quiz; InvalidFields tells the defects of all."""
    parsed, violations = [], []
    for index, quiz in enumerate(quizzes):
        try:
            parsed.append(gift.parse(quiz.gift))
        except gift.GiftError as error:
            violations += [
                Violation(f"quizzes[{index}].gift", f"line {each.line}: {each.reason}")
                for each in error.defects
            ]
    if violations:
        raise InvalidFields(violations)
    return parsed
