"""The RPCs of CourseService: unpack, one call, repack."""

from __future__ import annotations

from typing import Any

import grpc

from services.course import views
from services.course.catalogue import Catalogue, Page, Question
from services.course.filters import filters_of, order_of
from services.course.label_pages import LabelPages
from services.course.learning import Learning
from services.course.published import PublishedCourses
from services.kit import call
from services.kit.data.pages import page_size
from services.kit.rpc.etags import not_modified
from stellr.course.v1 import course_pb2
from stellr.course.v1 import course_service_pb2 as pb
from stellr.course.v1.course_service_pb2_grpc import CourseServiceServicer

# Kept by whoever likes, and asked about each time: a change is seen at once (RFC 9111, 5.2.2.4).
FRESH = "public, no-cache"
OWN = "private, no-cache"


class CourseServicer(CourseServiceServicer):
    """Shows what can be learnt, and lets learners in. What is kept at hand is sent as it is."""

    def __init__(
        self,
        *,
        catalogue: Catalogue,
        published: PublishedCourses,
        learning: Learning,
        categories: LabelPages,
        tags: LabelPages,
    ) -> None:
        self._catalogue = catalogue
        self._published = published
        self._learning = learning
        self._categories = categories
        self._tags = tags

    def ListCourses(self, request: pb.ListCoursesRequest, context: grpc.ServicerContext) -> Any:
        """A page of the catalogue."""
        filters = filters_of(request)
        question = Question(
            filters,
            order_of(request.order_by, searched=bool(filters.q)),
            page_size(request.page_size),
            request.page_token,
        )
        return _fresh(context, self._catalogue.list(question))

    def GetCourse(self, request: pb.GetCourseRequest, context: grpc.ServicerContext) -> Any:
        """A course with its outline."""
        found = self._published.get_for(request.course, call.caller())
        cached = FRESH if found.is_public else OWN
        return b"" if not_modified(context, found.etag, cached) else found.course

    def GetLesson(self, request: pb.GetLessonRequest, context: grpc.ServicerContext) -> Any:
        """A lesson to read."""
        return self._learning.read(request.lesson_id, call.caller())

    def ListCategories(
        self, request: pb.ListCategoriesRequest, context: grpc.ServicerContext
    ) -> Any:
        """A page of the categories."""
        page = self._categories.list(page_size(request.page_size), request.page_token)
        return _fresh(context, page)

    def ListTags(self, request: pb.ListTagsRequest, context: grpc.ServicerContext) -> Any:
        """A page of the tags."""
        page = self._tags.list(page_size(request.page_size), request.page_token)
        return _fresh(context, page)

    def EnrollCourse(
        self, request: pb.EnrollCourseRequest, context: grpc.ServicerContext
    ) -> course_pb2.Enrollment:
        """Enroll the caller."""
        return views.enrollment(self._learning.enroll(request.course, call.user_id()))

    def LeaveCourse(
        self, request: pb.LeaveCourseRequest, context: grpc.ServicerContext
    ) -> course_pb2.Enrollment:
        """End the caller's enrollment."""
        return views.enrollment(self._learning.leave(request.course, call.user_id()))

    def ListEnrollments(
        self, request: pb.ListEnrollmentsRequest, context: grpc.ServicerContext
    ) -> pb.ListEnrollmentsResponse:
        """The caller's enrollments."""
        size = page_size(request.page_size)
        rows, token = self._learning.list_enrollments(call.user_id(), size, request.page_token)
        enrollments = map(views.enrollment, rows)
        return pb.ListEnrollmentsResponse(enrollments=enrollments, next_page_token=token)


def _fresh(context: grpc.ServicerContext, page: Page) -> bytes:
    """What everybody may see and keep, or nothing where the caller has it."""
    return b"" if not_modified(context, page.etag, FRESH) else page.message
