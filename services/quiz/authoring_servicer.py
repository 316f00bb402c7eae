"""The RPCs of QuizAuthoringService: unpack, one call, repack."""

from __future__ import annotations

import grpc

from services.kit import call
from services.quiz.authoring import Authoring
from services.quiz.drafts import quiz_message
from stellr.quiz.v1 import quiz_authoring_service_pb2 as pb
from stellr.quiz.v1.quiz_authoring_service_pb2_grpc import QuizAuthoringServiceServicer


class QuizAuthoringServicer(QuizAuthoringServiceServicer):
    """Lets authors write quizzes."""

    def __init__(self, authoring: Authoring) -> None:
        self._authoring = authoring

    def GetQuizForEdit(
        self, request: pb.GetQuizForEditRequest, context: grpc.ServicerContext
    ) -> pb.AuthoredQuiz:
        """The quiz with its answers."""
        return quiz_message(*self._authoring.read(request.lesson_id, call.caller()))

    def ReplaceQuiz(
        self, request: pb.ReplaceQuizRequest, context: grpc.ServicerContext
    ) -> pb.AuthoredQuiz:
        """Make this the quiz."""
        owned = self._authoring.replace(request.lesson_id, call.caller(), request.quiz)
        return quiz_message(*owned)

    def DeleteQuiz(
        self, request: pb.DeleteQuizRequest, context: grpc.ServicerContext
    ) -> pb.DeleteQuizResponse:
        """Take the quiz away."""
        self._authoring.delete(request.lesson_id, call.caller(), request.etag)
        return pb.DeleteQuizResponse()

    def ImportGift(
        self, request: pb.ImportGiftRequest, context: grpc.ServicerContext
    ) -> pb.AuthoredQuiz:
        """Make the questions those of a text."""
        owned = self._authoring.import_gift(
            request.lesson_id, call.caller(), request.gift, request.etag
        )
        return quiz_message(*owned)

    def ExportGift(
        self, request: pb.ExportGiftRequest, context: grpc.ServicerContext
    ) -> pb.ExportGiftResponse:
        """The questions as a text."""
        gift = self._authoring.export_gift(request.lesson_id, call.caller())
        return pb.ExportGiftResponse(gift=gift)

    def RegradeQuiz(
        self, request: pb.RegradeQuizRequest, context: grpc.ServicerContext
    ) -> pb.RegradeQuizResponse:
        """Have results graded anew."""
        count = self._authoring.regrade(request.lesson_id, call.caller(), request.etag)
        return pb.RegradeQuizResponse(result_count=count)
