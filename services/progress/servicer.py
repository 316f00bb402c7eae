"""The RPCs of ProgressService: unpack, one call, repack."""

from __future__ import annotations

from uuid import UUID

import grpc

from services.kit import call
from services.kit.data.pages import page_size
from services.kit.data.tables import as_uuid
from services.progress.activity import Activities
from services.progress.errors import UserNotFound
from services.progress.learners import Learners
from services.progress.tracking import Tracking
from services.progress.views import activity_message, learner_message, progress_message
from stellr.progress.v1 import progress_service_pb2 as pb
from stellr.progress.v1.progress_pb2 import CourseProgress
from stellr.progress.v1.progress_service_pb2_grpc import ProgressServiceServicer


class ProgressServicer(ProgressServiceServicer):
    """Tells learners what they have done, and keeps it."""

    def __init__(self, tracking: Tracking, activities: Activities, learners: Learners) -> None:
        self._tracking = tracking
        self._activities = activities
        self._learners = learners

    def MarkComplete(
        self, request: pb.MarkCompleteRequest, context: grpc.ServicerContext
    ) -> CourseProgress:
        """Mark a lesson completed."""
        return progress_message(self._tracking.complete_lesson(call.user_id(), request.lesson_id))

    def MarkIncomplete(
        self, request: pb.MarkIncompleteRequest, context: grpc.ServicerContext
    ) -> CourseProgress:
        """Mark a lesson not completed."""
        return progress_message(self._tracking.undo_lesson(call.user_id(), request.lesson_id))

    def SetPosition(
        self, request: pb.SetPositionRequest, context: grpc.ServicerContext
    ) -> pb.SetPositionResponse:
        """Keep where a video stands."""
        self._tracking.keep_position(call.user_id(), request.lesson_id, request.seconds)
        return pb.SetPositionResponse()

    def GetActivity(
        self, request: pb.GetActivityRequest, context: grpc.ServicerContext
    ) -> pb.Activity:
        """When a learner learnt."""
        return activity_message(self._activities.get(_learner(request.user_id)))

    def ListLearners(
        self, request: pb.ListLearnersRequest, context: grpc.ServicerContext
    ) -> pb.ListLearnersResponse:
        """Who is in a course."""
        size = page_size(request.page_size)
        found, token = self._learners.list(call.caller(), request.course, size, request.page_token)
        return pb.ListLearnersResponse(learners=map(learner_message, found), next_page_token=token)

    def ListProgress(
        self, request: pb.ListProgressRequest, context: grpc.ServicerContext
    ) -> pb.ListProgressResponse:
        """A learner's courses."""
        size = page_size(request.page_size)
        found, token = self._tracking.list(_learner(request.user_id), size, request.page_token)
        return pb.ListProgressResponse(courses=map(progress_message, found), next_page_token=token)

    def GetCourseProgress(
        self, request: pb.GetCourseProgressRequest, context: grpc.ServicerContext
    ) -> CourseProgress:
        """A learner's progress in a course."""
        return progress_message(*self._tracking.get(_learner(request.user_id), request.course))


def _learner(user_id: str) -> UUID:
    learner = as_uuid(user_id)
    if learner is None:
        raise UserNotFound
    return learner
