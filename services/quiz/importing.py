"""Taking quizzes in: read as GIFT, and kept with the ids they had."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from services.kit.errors import InvalidFields, Violation
from services.quiz import gift
from services.quiz.questions import WrittenQuiz
from services.quiz.repository.quizzes import Latest
from services.quiz.saving import Saving
from stellr.quiz.v1 import quiz_internal_service_pb2 as pb


def check(text: str) -> pb.GiftReport:
    """How many questions a GIFT text has, or all of its defects."""
    try:
        return pb.GiftReport(question_count=len(gift.parse(text)))
    except gift.GiftError as error:
        defects = [pb.GiftDefect(line=each.line, reason=each.reason) for each in error.defects]
        return pb.GiftReport(defects=defects)


def violations(field: str, error: gift.GiftError) -> list[Violation]:
    """What is wrong with the GIFT text in a field, line by line."""
    return [Violation(field, f"line {each.line}: {each.reason}") for each in error.defects]


class Importing:
    """Brings the quizzes of courses to what their authors wrote.

    Course is told by whoever imports, once all that belongs to the course is in.
    """

    def __init__(self, saving: Saving) -> None:
        self._saving = saving

    def run(self, request: pb.ImportQuizzesRequest) -> list[pb.ImportedQuiz]:
        """Make quizzes, or bring them to these texts; InvalidFields tells all their defects.

        Imports of one course take turns.
        """
        written = _parse(request)
        lesson_ids = [UUID(quiz.lesson_id) for quiz in request.quizzes]
        latest = self._saving.lock(UUID(request.course_id), lesson_ids)
        pairs = zip(lesson_ids, written, strict=True)
        return [self._import(lesson_id, quiz, latest.get(lesson_id)) for lesson_id, quiz in pairs]

    def remove(self, course_id: UUID, lesson_ids: Sequence[UUID]) -> int:
        """Take the quizzes of lessons away; how many there were."""
        return self._saving.remove(course_id, lesson_ids)

    def _import(
        self, lesson_id: UUID, written: WrittenQuiz, latest: Latest | None
    ) -> pb.ImportedQuiz:
        """A bundle says nothing of most rules, so they stay as their author set them."""
        quiz = replace(written, rules=latest.rules) if latest else written
        saved = self._saving.bring(lesson_id, quiz, latest)
        return pb.ImportedQuiz(
            quiz_id=str(saved.quiz_id),
            question_count=len(quiz.questions),
            changed=saved.changed,
        )


def _parse(request: pb.ImportQuizzesRequest) -> list[WrittenQuiz]:
    """What was written; InvalidFields tells the defects of all quizzes."""
    written, wrong = [], []
    for index, quiz in enumerate(request.quizzes):
        try:
            questions = gift.parse(quiz.gift)
            written.append(WrittenQuiz(quiz.title, request.pass_percentage, questions))
        except gift.GiftError as error:
            wrong += violations(f"quizzes[{index}].gift", error)
    if wrong:
        raise InvalidFields(wrong)
    return written
