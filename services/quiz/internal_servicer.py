"""The RPCs of QuizInternalService: unpack, one call, repack."""

from __future__ import annotations

from uuid import UUID

import grpc

from services.quiz.importing import Importing, check
from stellr.quiz.v1 import quiz_internal_service_pb2 as pb
from stellr.quiz.v1.quiz_internal_service_pb2_grpc import QuizInternalServiceServicer


class QuizInternalServicer(QuizInternalServiceServicer):
    """Takes quizzes in."""

    def __init__(self, importing: Importing) -> None:
        self._importing = importing

    def CheckGift(
        self, request: pb.CheckGiftRequest, context: grpc.ServicerContext
    ) -> pb.GiftReport:
        """The defects of a GIFT text."""
        return check(request.gift)

    def ImportQuiz(
        self, request: pb.ImportQuizRequest, context: grpc.ServicerContext
    ) -> pb.ImportedQuiz:
        """Bring the quiz of a lesson to a GIFT text."""
        return self._importing.import_quiz(request)

    def RemoveQuiz(
        self, request: pb.RemoveQuizRequest, context: grpc.ServicerContext
    ) -> pb.RemoveQuizResponse:
        """Take the quiz of a lesson away."""
        changed = self._importing.remove_quiz(UUID(request.lesson_id))
        return pb.RemoveQuizResponse(changed=changed)
