"""The RPCs of QuizInternalService: unpack, one call, repack."""

from __future__ import annotations

from uuid import UUID

import grpc

from services.quiz.exporting import Exporting
from services.quiz.importing import Importing, check
from stellr.quiz.v1 import quiz_internal_service_pb2 as pb
from stellr.quiz.v1.quiz_internal_service_pb2_grpc import QuizInternalServiceServicer


class QuizInternalServicer(QuizInternalServiceServicer):
    """Takes quizzes in, and gives them out."""

    def __init__(self, importing: Importing, exporting: Exporting) -> None:
        self._importing = importing
        self._exporting = exporting

    def CheckGift(
        self, request: pb.CheckGiftRequest, context: grpc.ServicerContext
    ) -> pb.GiftReport:
        """The defects of a GIFT text."""
        return check(request.gift)

    def ImportQuizzes(
        self, request: pb.ImportQuizzesRequest, context: grpc.ServicerContext
    ) -> pb.ImportQuizzesResponse:
        """Bring the quizzes of a course to their GIFT texts."""
        return pb.ImportQuizzesResponse(quizzes=self._importing.run(request))

    def ExportQuizzes(
        self, request: pb.ExportQuizzesRequest, context: grpc.ServicerContext
    ) -> pb.ExportQuizzesResponse:
        """The quizzes of lessons as GIFT texts."""
        lesson_ids = [UUID(lesson_id) for lesson_id in request.lesson_ids]
        return pb.ExportQuizzesResponse(quizzes=self._exporting.run(lesson_ids))

    def RemoveQuizzes(
        self, request: pb.RemoveQuizzesRequest, context: grpc.ServicerContext
    ) -> pb.RemoveQuizzesResponse:
        """Take the quizzes of lessons away."""
        lesson_ids = [UUID(lesson_id) for lesson_id in request.lesson_ids]
        removed = self._importing.remove(UUID(request.course_id), lesson_ids)
        return pb.RemoveQuizzesResponse(removed_count=removed)
