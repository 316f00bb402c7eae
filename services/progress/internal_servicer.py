"""The RPCs of ProgressInternalService: unpack, one call, repack."""

from __future__ import annotations

from uuid import UUID

import grpc

from services.progress.tracking import Tracking
from services.progress.views import standing_message
from stellr.progress.v1 import progress_internal_service_pb2 as pb
from stellr.progress.v1.progress_internal_service_pb2_grpc import ProgressInternalServiceServicer


class ProgressInternalServicer(ProgressInternalServiceServicer):
    """Tells how learners stand."""

    def __init__(self, tracking: Tracking) -> None:
        self._tracking = tracking

    def CountCompletions(
        self, request: pb.CountCompletionsRequest, context: grpc.ServicerContext
    ) -> pb.CountCompletionsResponse:
        """How often lessons were completed."""
        found = self._tracking.count_completions([*map(UUID, request.lesson_ids)])
        return pb.CountCompletionsResponse(
            completions={str(lesson_id): count for lesson_id, count in found.items()}
        )

    def GetStanding(
        self, request: pb.GetStandingRequest, context: grpc.ServicerContext
    ) -> pb.Standing:
        """What a learner still lacks in a course."""
        standing = self._tracking.get_standing(UUID(request.user_id), request.course)
        return standing_message(standing)
