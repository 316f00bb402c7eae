"""The RPCs of ProgressInternalService: unpack, one call, repack."""

from __future__ import annotations

from datetime import UTC
from uuid import UUID

import grpc

from services.kit.data.tables import timestamp
from services.kit.process.runtime import Runtime
from services.progress import repository
from services.progress.models import Completion
from services.progress.tracking import Tracking
from stellr.progress.v1 import progress_internal_service_pb2 as pb
from stellr.progress.v1.progress_internal_service_pb2_grpc import ProgressInternalServiceServicer

DEFAULT_BATCH = 100


class ProgressInternalServicer(ProgressInternalServiceServicer):
    """Hears of passed quizzes and tells of completed courses."""

    def __init__(self, runtime: Runtime, tracking: Tracking) -> None:
        self._runtime = runtime
        self._tracking = tracking

    def RecordQuizPass(
        self, request: pb.RecordQuizPassRequest, context: grpc.ServicerContext
    ) -> pb.RecordQuizPassResponse:
        """Keep that a quiz was passed."""
        passed_at = request.pass_time.ToDatetime(tzinfo=UTC)
        self._tracking.pass_quiz(UUID(request.user_id), request.lesson_id, passed_at)
        return pb.RecordQuizPassResponse()

    def GetStanding(
        self, request: pb.GetStandingRequest, context: grpc.ServicerContext
    ) -> pb.Standing:
        """What a learner still lacks in a course."""
        return self._tracking.get_standing(UUID(request.user_id), request.course)

    def ListCompletions(
        self, request: pb.ListCompletionsRequest, context: grpc.ServicerContext
    ) -> pb.ListCompletionsResponse:
        """The completions after a cursor."""
        db = self._runtime.database.session
        found = repository.completions(db, request.cursor, request.page_size or DEFAULT_BATCH)
        cursor = str(found[-1].event_id) if found else request.cursor
        completions = [_message(completion) for completion in found]
        return pb.ListCompletionsResponse(completions=completions, next_cursor=cursor)


def _message(completion: Completion) -> pb.Completion:
    return pb.Completion(
        user_id=str(completion.user_id),
        course_id=str(completion.course_id),
        complete_time=timestamp(completion.completed_at),
    )
