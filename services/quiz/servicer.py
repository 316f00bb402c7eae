"""The RPCs of QuizService: unpack, one call, repack."""

from __future__ import annotations

import grpc

from services.kit import call
from services.kit.data.pages import page_size
from services.quiz.attempts import Attempts
from services.quiz.grading import Answer
from services.quiz.views import quiz_message, result_message
from stellr.quiz.v1 import quiz_service_pb2 as pb
from stellr.quiz.v1.quiz_pb2 import Quiz, Result
from stellr.quiz.v1.quiz_service_pb2_grpc import QuizServiceServicer


class QuizServicer(QuizServiceServicer):
    """Asks and grades."""

    def __init__(self, attempts: Attempts) -> None:
        self._attempts = attempts

    def GetQuiz(self, request: pb.GetQuizRequest, context: grpc.ServicerContext) -> Quiz:
        """The quiz of a lesson."""
        return quiz_message(self._attempts.read(request.lesson_id, call.user_id()))

    def SubmitQuiz(self, request: pb.SubmitQuizRequest, context: grpc.ServicerContext) -> Result:
        """Grade answers."""
        answers = [Answer.of(each.question_id, each.option_ids) for each in request.answers]
        return result_message(self._attempts.submit(request.lesson_id, call.user_id(), answers))

    def ListResults(
        self, request: pb.ListResultsRequest, context: grpc.ServicerContext
    ) -> pb.ListResultsResponse:
        """The caller's results in a quiz."""
        size = page_size(request.page_size)
        page, token = self._attempts.results(
            request.lesson_id, call.user_id(), size, request.page_token
        )
        return pb.ListResultsResponse(results=map(result_message, page), next_page_token=token)
