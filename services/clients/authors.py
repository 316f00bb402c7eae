"""Who may change what belongs to a lesson: course knows, as it owns lessons."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from services.clients.errors import LessonNotFound
from services.clients.ownership import check_authorship
from services.kit.call import Caller
from services.kit.data.tables import as_uuid
from services.kit.errors import NotFound
from stellr.course.v1 import course_internal_service_pb2 as pb
from stellr.course.v1.course_internal_service_pb2_grpc import CourseInternalServiceStub


class AuthoredLesson(NamedTuple):
    """A lesson that the caller may change."""

    lesson_id: UUID
    course_id: UUID
    title: str


class Authors:
    """Asks course each time: whoever writes must not go by what is at hand."""

    def __init__(self, course: CourseInternalServiceStub) -> None:
        self._course = course

    def check(self, lesson_id: str, caller: Caller) -> AuthoredLesson:
        """The lesson, if the caller may change it; LessonNotFound, NotYourCourse."""
        found = as_uuid(lesson_id)
        if found is None:
            raise LessonNotFound
        try:
            authorship = self._course.GetAuthorship(pb.GetAuthorshipRequest(lesson_id=str(found)))
        except NotFound:
            raise LessonNotFound from None
        check_authorship(authorship, caller, unseen=LessonNotFound)
        return AuthoredLesson(found, UUID(authorship.course_id), authorship.lesson_title)
