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
from services.quiz.grading import Answer
from services.quiz.lessons import Lessons
from services.quiz.outcome import outcome
from services.quiz.repository import Current, KeptResult
from services.quiz.versions import Versions
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
        self._versions = Versions(runtime.database)

    def read(self, lesson_id: str) -> quiz_pb2.Quiz:
        """The quiz of a lesson, without a hint at the answers."""
        user_id = call.user_id()
        lesson = self._lessons.enrolled(lesson_id, user_id)
        current = self._current(lesson, user_id)
        return quiz_message(lesson, self._versions.find(current.version_id), current)

    def submit(self, request: pb.SubmitQuizRequest) -> quiz_pb2.Result:
        """Grade the answers and keep the result; a pass is reported in the same transaction."""
        user_id = call.user_id()
        lesson = self._lessons.enrolled(request.lesson_id, user_id)
        answers = [Answer.of(each.question_id, each.option_ids) for each in request.answers]
        quiz = self._versions.seen(self._current(lesson, user_id), answers)
        graded = outcome(quiz, answers)
        result = repository.add_result(self._database, quiz, user_id, graded)
        if result.passed:
            self._report_pass(lesson, user_id, result)
        return result_message(result)

    def results(self, request: pb.ListResultsRequest) -> pb.ListResultsResponse:
        """A page of the caller's results, newest first."""
        user_id = call.user_id()
        lesson = self._lessons.enrolled(request.lesson_id, user_id)
        quiz_id = self._current(lesson, user_id).quiz_id
        scope, size = f"results:{quiz_id}:{user_id}", page_size(request.page_size)
        seen = self._page_tokens.read(request.page_token, scope)
        before = UUID(seen[0]) if seen else None
        rows = repository.list_results(self._database, quiz_id, user_id, before, size + 1)
        page, token = self._page_tokens.page(rows, size, scope, lambda row: [str(row.result_id)])
        return pb.ListResultsResponse(results=map(result_message, page), next_page_token=token)

    def _current(self, lesson_id: UUID, user_id: UUID) -> Current:
        current = repository.find_current(self._database, lesson_id, user_id)
        if current is None:
            raise QuizNotFound
        return current

    def _report_pass(self, lesson_id: UUID, user_id: UUID, result: KeptResult) -> None:
        request = progress_pb.RecordQuizPassRequest(
            user_id=str(user_id),
            lesson_id=str(lesson_id),
            pass_time=timestamp(result.submitted_at),
        )
        self._record_pass(request)
