"""The RPCs of CourseService: unpack, one call, repack."""

from __future__ import annotations

import grpc

from services.course import views
from services.course.catalogue import Catalogue
from services.course.learning import Learning
from services.course.published import PublishedCourses
from services.kit import call
from stellr.course.v1 import course_pb2
from stellr.course.v1 import course_service_pb2 as pb
from stellr.course.v1.course_service_pb2_grpc import CourseServiceServicer


class CourseServicer(CourseServiceServicer):
    """Shows what can be learnt, and lets learners in."""

    def __init__(
        self, catalogue: Catalogue, published: PublishedCourses, learning: Learning
    ) -> None:
        self._catalogue = catalogue
        self._published = published
        self._learning = learning

    def ListCourses(
        self, request: pb.ListCoursesRequest, context: grpc.ServicerContext
    ) -> pb.ListCoursesResponse:
        """A page of the catalogue."""
        return self._catalogue.list(request)

    def GetCourse(
        self, request: pb.GetCourseRequest, context: grpc.ServicerContext
    ) -> course_pb2.Course:
        """A published course with its outline."""
        return self._published.get(request.course).course

    def GetLesson(
        self, request: pb.GetLessonRequest, context: grpc.ServicerContext
    ) -> course_pb2.Lesson:
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
        return self._learning.list_enrollments(request, call.user_id())
