"""Outlines: what a course consists of, and since when a learner is in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from uuid import UUID

from services.course.errors import CourseNotFound, LessonNotFound
from services.course.published import Published, PublishedCourses
from services.course.repository import enrollments
from services.kit.data.pages import page_size
from services.kit.data.tables import as_uuid, timestamp
from services.kit.errors import DomainError
from services.kit.process.runtime import Runtime
from stellr.course.v1 import course_internal_service_pb2 as pb


class Outlines:
    """Tells the mesh the outlines of the courses that learners are enrolled in."""

    def __init__(self, runtime: Runtime, published: PublishedCourses) -> None:
        self._database = runtime.database
        self._tokens = runtime.page_tokens
        self._published = published

    def get(self, request: pb.GetOutlineRequest) -> pb.Outline:
        """One outline, by one statement where the course is at hand.

        CourseNotFound or LessonNotFound, after what was asked for.
        """
        db, user_id = self._database.session, UUID(request.user_id)
        if request.WhichOneof("subject") == "lesson_id":
            lesson_id = as_uuid(request.lesson_id)
            row = lesson_id and enrollments.find_enrolled_by_lesson(db, lesson_id, user_id)
            refusal: DomainError = LessonNotFound()
        else:
            row = enrollments.find_enrolled(db, request.course, user_id)
            refusal = CourseNotFound()
        found = row and self._published.get_many([row.course_id]).get(row.course_id)
        if not row or not found:
            raise refusal
        return _outline(found, row.created_at)

    def watch(self, is_active: Callable[[], bool]) -> Iterator[pb.OutlineChange]:
        """`watching` once no change is missed any more, then each course that changes."""
        for course_id in self._published.watch(is_active):
            if course_id:
                yield pb.OutlineChange(course_id=course_id)
            else:
                yield pb.OutlineChange(watching=True)

    def list(self, request: pb.ListOutlinesRequest) -> pb.ListOutlinesResponse:
        """A page of a learner's outlines, newest enrollment first; two statements at most."""
        user_id, size = UUID(request.user_id), page_size(request.page_size)
        scope = f"outlines {user_id}"
        before = self._tokens.read(request.page_token, scope)
        rows = enrollments.list_published_enrollments(
            self._database.session, user_id, UUID(before[0]) if before else None, size + 1
        )
        shown, token = self._tokens.page(rows, size, scope, lambda row: [str(row.enrollment_id)])
        courses = self._published.get_many([row.course_id for row in shown])
        outlines = [
            _outline(courses[row.course_id], row.created_at)
            for row in shown
            if row.course_id in courses
        ]
        return pb.ListOutlinesResponse(outlines=outlines, next_page_token=token)


def _outline(published: Published, enrolled_at: datetime) -> pb.Outline:
    outline = pb.Outline(enroll_time=timestamp(enrolled_at))
    outline.MergeFrom(published.outline)
    return outline
