"""The RPCs of QuizService: unpack, one call, repack."""

from __future__ import annotations

import grpc

from services.quiz.attempts import Attempts
from stellr.quiz.v1 import quiz_service_pb2 as pb
from stellr.quiz.v1.quiz_pb2 import Quiz, Result
from stellr.quiz.v1.quiz_service_pb2_grpc import QuizServiceServicer


class QuizServicer(QuizServiceServicer):
    """Asks and grades."""

    def __init__(self, attempts: Attempts) -> None:
        self._attempts = attempts

    def GetQuiz(self, request: pb.GetQuizRequest, context: grpc.ServicerContext) -> Quiz:
        """The quiz of a lesson."""
        return self._attempts.read(request.lesson_id)

    def SubmitQuiz(self, request: pb.SubmitQuizRequest, context: grpc.ServicerContext) -> Result:
        """Grade answers."""
        return self._attempts.submit(request)

    def ListResults(
        self, request: pb.ListResultsRequest, context: grpc.ServicerContext
    ) -> pb.ListResultsResponse:
        """The caller's results in a quiz."""
        return self._attempts.results(request)
