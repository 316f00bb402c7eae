"""Taking quizzes in: read as GIFT, and kept with the ids they had."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.kit.data.database import Database
from services.kit.errors import InvalidFields, Violation
from services.kit.events.events import Events
from services.quiz import gift, matching
from services.quiz.kept import QuizVersion
from services.quiz.questions import WrittenQuiz
from services.quiz.repository import quizzes
from services.quiz.repository.quizzes import Latest
from stellr.quiz.v1 import quiz_internal_service_pb2 as pb
from stellr.quiz.v1.events_pb2 import QuizChanged


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

    def __init__(self, database: Database, events: Events) -> None:
        self._database = database
        self._events = events

    def run(self, request: pb.ImportQuizzesRequest) -> list[pb.ImportedQuiz]:
        """Make quizzes, or bring them to these texts; InvalidFields tells all their defects.

        Imports of one course take turns.
        """
        written = _parse(request)
        quizzes.lock_course(self._database, UUID(request.course_id))
        lesson_ids = [UUID(quiz.lesson_id) for quiz in request.quizzes]
        latest = quizzes.find_latest(self._database, lesson_ids)
        pairs = zip(lesson_ids, written, strict=True)
        return [self._import(lesson_id, quiz, latest.get(lesson_id)) for lesson_id, quiz in pairs]

    def remove(self, course_id: UUID, lesson_ids: Sequence[UUID]) -> int:
        """Take the quizzes of lessons away; how many there were."""
        quizzes.lock_course(self._database, course_id)
        removed = quizzes.remove_quizzes(self._database, lesson_ids)
        for lesson_id in removed:
            self._events.append(QuizChanged(lesson_id=str(lesson_id)))
        return len(removed)

    def _import(
        self, lesson_id: UUID, written: WrittenQuiz, latest: Latest | None
    ) -> pb.ImportedQuiz:
        count = len(written.questions)
        if latest and not latest.removed and latest.digest == written.digest:
            return pb.ImportedQuiz(quiz_id=str(latest.quiz_id), question_count=count)
        quiz_id = self._save(lesson_id, written, latest)
        self._events.append(QuizChanged(lesson_id=str(lesson_id)))
        return pb.ImportedQuiz(quiz_id=str(quiz_id), question_count=count, changed=True)

    def _save(self, lesson_id: UUID, written: WrittenQuiz, latest: Latest | None) -> UUID:
        """Make this the quiz of the lesson: its id. What it was once is that version again."""
        db = self._database
        new_ids = quizzes.new_ids(db, 2 + matching.id_count(written.questions))
        quiz_id = latest.quiz_id if latest else next(new_ids)
        earlier = quizzes.find_by_digest(db, quiz_id, written.digest)
        version_id = earlier or next(new_ids)
        quizzes.set_quiz(db, lesson_id, quiz_id, version_id)
        if earlier is None:
            before = quizzes.find_version(db, latest.version_id).questions if latest else ()
            questions = matching.with_ids(written.questions, before, new_ids)
            title, pass_percentage = written.title, written.pass_percentage
            version = QuizVersion(quiz_id, version_id, title, pass_percentage, questions)
            quizzes.add_version(db, version, written.digest)
        return quiz_id


def _parse(request: pb.ImportQuizzesRequest) -> list[WrittenQuiz]:
    """What was written; InvalidFields tells the defects of all quizzes."""
    written, violations = [], []
    for index, quiz in enumerate(request.quizzes):
        try:
            questions = gift.parse(quiz.gift)
            written.append(WrittenQuiz(quiz.title, request.pass_percentage, questions))
        except gift.GiftError as error:
            violations += [
                Violation(f"quizzes[{index}].gift", f"line {each.line}: {each.reason}")
                for each in error.defects
            ]
    if violations:
        raise InvalidFields(violations)
    return written
