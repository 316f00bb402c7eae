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

    def GetStanding(
        self, request: pb.GetStandingRequest, context: grpc.ServicerContext
    ) -> pb.Standing:
        """What a learner still lacks in a course."""
        standing = self._tracking.get_standing(UUID(request.user_id), request.course)
        return standing_message(standing)
