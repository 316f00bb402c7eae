"""The RPCs of QuizService: unpack, one call, repack."""

from __future__ import annotations

from collections.abc import Iterable

import grpc

from services.kit import call
from services.kit.data.pages import page_size
from services.quiz.answers import Answer
from services.quiz.attempts import Attempts
from services.quiz.reviewing import Reviewing
from services.quiz.views import attempt_message, quiz_message, result_message, saved_message
from stellr.quiz.v1 import quiz_pb2
from stellr.quiz.v1 import quiz_service_pb2 as pb
from stellr.quiz.v1.quiz_service_pb2_grpc import QuizServiceServicer


class QuizServicer(QuizServiceServicer):
    """Asks and grades."""

    def __init__(self, attempts: Attempts, reviewing: Reviewing) -> None:
        self._attempts = attempts
        self._reviewing = reviewing

    def GetQuiz(self, request: pb.GetQuizRequest, context: grpc.ServicerContext) -> quiz_pb2.Quiz:
        """The quiz of a lesson."""
        return quiz_message(self._attempts.read(request.lesson_id, call.user_id()))

    def StartAttempt(
        self, request: pb.StartAttemptRequest, context: grpc.ServicerContext
    ) -> quiz_pb2.Attempt:
        """Begin an attempt."""
        return attempt_message(self._attempts.start(request.lesson_id, call.user_id()))

    def SaveAnswers(
        self, request: pb.SaveAnswersRequest, context: grpc.ServicerContext
    ) -> pb.SaveAnswersResponse:
        """Keep answers of an attempt."""
        answers = _answers(request.answers)
        return saved_message(self._attempts.save(request.attempt_id, call.user_id(), answers))

    def SubmitQuiz(
        self, request: pb.SubmitQuizRequest, context: grpc.ServicerContext
    ) -> quiz_pb2.Result:
        """Grade answers."""
        user_id, answers = call.user_id(), _answers(request.answers)
        result = self._attempts.submit(request.lesson_id, user_id, request.attempt_id, answers)
        return result_message(self._reviewing.own(request.lesson_id, user_id, result))

    def ListResults(
        self, request: pb.ListResultsRequest, context: grpc.ServicerContext
    ) -> pb.ListResultsResponse:
        """The caller's results in a quiz."""
        size = page_size(request.page_size)
        page, token = self._reviewing.page(
            request.lesson_id, call.user_id(), size, request.page_token, result_message
        )
        return pb.ListResultsResponse(results=page, next_page_token=token)


def _answers(messages: Iterable[quiz_pb2.Answer]) -> list[Answer]:
    return [
        Answer.of(
            each.question_id,
            each.option_ids,
            text=each.text,
            number=each.number if each.HasField("number") else None,
            pairs=[(pair.left, pair.right) for pair in each.pairs],
        )
        for each in messages
    ]
