"""Taking quizzes in: read as GIFT, and kept with the ids they had."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.kit.errors import InvalidFields, Violation
from services.quiz import gift
from services.quiz.questions import Question, WrittenQuiz
from services.quiz.quiz_settings import rules_by
from services.quiz.repository.quizzes import Latest
from services.quiz.rules import DEFAULT_RULES
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
        parsed = _parse(request)
        lesson_ids = [UUID(quiz.lesson_id) for quiz in request.quizzes]
        latest = self._saving.lock(UUID(request.course_id), lesson_ids)
        return [
            self._import(lesson_id, quiz, questions, latest.get(lesson_id), request.pass_percentage)
            for lesson_id, quiz, questions in zip(lesson_ids, request.quizzes, parsed, strict=True)
        ]

    def remove(self, course_id: UUID, lesson_ids: Sequence[UUID]) -> int:
        """Take the quizzes of lessons away; how many there were."""
        return self._saving.remove(course_id, lesson_ids)

    def _import(
        self,
        lesson_id: UUID,
        asked: pb.ImportQuiz,
        questions: Sequence[Question],
        latest: Latest | None,
        pass_percentage: int,
    ) -> pb.ImportedQuiz:
        quiz = _written(asked, questions, latest, pass_percentage)
        saved = self._saving.bring(lesson_id, quiz, latest)
        return pb.ImportedQuiz(
            quiz_id=str(saved.quiz_id),
            question_count=len(quiz.questions),
            changed=saved.changed,
        )


def _written(
    asked: pb.ImportQuiz, questions: Sequence[Question], latest: Latest | None, default_pass: int
) -> WrittenQuiz:
    """The quiz, in which what its author does not say is as it was before, but for its title."""
    settings = asked.settings
    passing = latest.pass_percentage if latest else default_pass
    return WrittenQuiz(
        settings.title if settings.HasField("title") else asked.title,
        settings.pass_percentage if settings.HasField("pass_percentage") else passing,
        questions,
        rules_by(settings, latest.rules if latest else DEFAULT_RULES),
    )


def _parse(request: pb.ImportQuizzesRequest) -> list[Sequence[Question]]:
    """The questions of each quiz; InvalidFields tells the defects of all quizzes."""
    parsed: list[Sequence[Question]] = []
    wrong: list[Violation] = []
    for index, quiz in enumerate(request.quizzes):
        try:
            questions = gift.parse(quiz.gift)
        except gift.GiftError as error:
            wrong += violations(f"quizzes[{index}].gift", error)
            continue
        if quiz.settings.draw_count > len(questions):
            field = f"quizzes[{index}].settings.drawCount"
            wrong.append(Violation(field, "more than there are questions"))
        parsed.append(questions)
    if wrong:
        raise InvalidFields(wrong)
    return parsed
