"""Taking a quiz: reading it, submitting answers, looking at results."""

from __future__ import annotations

from uuid import UUID

from services.kit import call
from services.kit.data.pages import page_size
from services.kit.data.tables import timestamp
from services.kit.process.runtime import Runtime
from services.kit.work.tasks import Delivery
from services.quiz import repository
from services.quiz.errors import QuizNotFound
from services.quiz.kept import KeptQuiz
from services.quiz.lessons import Lessons
from services.quiz.models import Result
from services.quiz.outcome import outcome
from services.quiz.views import quiz_message, result_message
from stellr.progress.v1 import progress_internal_service_pb2 as progress_pb
from stellr.quiz.v1 import quiz_pb2
from stellr.quiz.v1 import quiz_service_pb2 as pb


class Attempts:
    """Shows quizzes to the enrolled and grades what they submit."""

    def __init__(
        self,
        runtime: Runtime,
        lessons: Lessons,
        record_pass: Delivery[progress_pb.RecordQuizPassRequest],
    ) -> None:
        self._database = runtime.database
        self._page_tokens = runtime.page_tokens
        self._lessons = lessons
        self._record_pass = record_pass

    def read(self, lesson_id: str) -> quiz_pb2.Quiz:
        """The quiz of a lesson, without a hint at the answers."""
        user_id = call.user_id()
        lesson = self._lessons.enrolled(lesson_id, user_id)
        quiz = self._find(lesson)
        standing = repository.find_standing(self._database.session, quiz.quiz_id, user_id)
        return quiz_message(lesson, quiz, standing)

    def submit(self, request: pb.SubmitQuizRequest) -> quiz_pb2.Result:
        """Grade the answers and keep the result; a pass is reported in the same transaction."""
        user_id = call.user_id()
        lesson = self._lessons.enrolled(request.lesson_id, user_id)
        values = outcome(self._find(lesson), request.answers)
        result = repository.add_result(self._database.session, {**values, "user_id": user_id})
        if result.passed:
            self._report_pass(lesson, result)
        return result_message(result)

    def results(self, request: pb.ListResultsRequest) -> pb.ListResultsResponse:
        """A page of the caller's results, newest first."""
        db, user_id = self._database.session, call.user_id()
        lesson = self._lessons.enrolled(request.lesson_id, user_id)
        quiz_id = repository.find_quiz_id(db, lesson)
        if quiz_id is None:
            raise QuizNotFound
        scope, size = f"results:{quiz_id}:{user_id}", page_size(request.page_size)
        seen = self._page_tokens.read(request.page_token, scope)
        before = UUID(seen[0]) if seen else None
        rows = repository.list_results(db, quiz_id, user_id, before, size + 1)
        page, token = self._page_tokens.page(rows, size, scope, lambda row: [str(row.result_id)])
        return pb.ListResultsResponse(results=map(result_message, page), next_page_token=token)

    def _find(self, lesson_id: UUID) -> KeptQuiz:
        quiz = repository.find_quiz(self._database.session, lesson_id)
        if quiz is None:
            raise QuizNotFound
        return quiz

    def _report_pass(self, lesson_id: UUID, result: Result) -> None:
        request = progress_pb.RecordQuizPassRequest(
            user_id=str(result.user_id),
            lesson_id=str(lesson_id),
            pass_time=timestamp(result.submitted_at),
        )
        self._record_pass(request)
