"""The RPCs of CourseService: unpack, one call, repack."""

from __future__ import annotations

from typing import Any

import grpc

from services.course import views
from services.course.catalogue import Catalogue, Question
from services.course.filters import filters_of, order_of
from services.course.learning import Learning
from services.course.published import PublishedCourses
from services.kit import call
from services.kit.data.pages import page_size
from stellr.course.v1 import course_pb2
from stellr.course.v1 import course_service_pb2 as pb
from stellr.course.v1.course_service_pb2_grpc import CourseServiceServicer


class CourseServicer(CourseServiceServicer):
    """Shows what can be learnt, and lets learners in. What is kept at hand is sent as it is."""

    def __init__(
        self, catalogue: Catalogue, published: PublishedCourses, learning: Learning
    ) -> None:
        self._catalogue = catalogue
        self._published = published
        self._learning = learning

    def ListCourses(self, request: pb.ListCoursesRequest, context: grpc.ServicerContext) -> Any:
        """A page of the catalogue."""
        question = Question(
            filters_of(request),
            order_of(request.order_by),
            page_size(request.page_size),
            request.page_token,
        )
        return self._catalogue.list(question)

    def GetCourse(self, request: pb.GetCourseRequest, context: grpc.ServicerContext) -> Any:
        """A published course with its outline."""
        return self._published.get(request.course).course

    def GetLesson(self, request: pb.GetLessonRequest, context: grpc.ServicerContext) -> Any:
        """A lesson to read."""
        return self._learning.read(request.lesson_id, call.caller().user_id)

    def EnrollCourse(
        self, request: pb.EnrollCourseRequest, context: grpc.ServicerContext
    ) -> course_pb2.Enrollment:
        """Enroll the caller."""
        return views.enrollment(self._learning.enroll(request.course, call.user_id()))

    def ListEnrollments(
        self, request: pb.ListEnrollmentsRequest, context: grpc.ServicerContext
    ) -> pb.ListEnrollmentsResponse:
        """The caller's enrollments."""
        size = page_size(request.page_size)
        rows, token = self._learning.list_enrollments(call.user_id(), size, request.page_token)
        enrollments = map(views.enrollment, rows)
        return pb.ListEnrollmentsResponse(enrollments=enrollments, next_page_token=token)
