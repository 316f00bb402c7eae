"""Whose a course is, as other services ask."""

from __future__ import annotations

from services.clients.errors import CourseNotFound, LessonNotFound
from services.course import views
from services.course.repository import authoring, lessons
from services.kit.data.database import Database
from services.kit.data.tables import as_uuid
from stellr.course.v1 import course_internal_service_pb2 as pb


class Ownership:
    """Tells who may change a course."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, request: pb.GetAuthorshipRequest) -> pb.Authorship:
        """The owners of a course, or of that of a lesson; CourseNotFound, LessonNotFound."""
        if request.lesson_id:
            return self._of_lesson(request.lesson_id)
        course = authoring.find_owned(self._database, request.course)
        if course is None:
            raise CourseNotFound
        return pb.Authorship(
            course_id=str(course.course_id),
            owner_ids=map(str, course.owner_ids),
            state=views.state_of(course.published_at, course.archived_at),
            course_title=course.title,
        )

    def _of_lesson(self, lesson_id: str) -> pb.Authorship:
        found = as_uuid(lesson_id)
        lesson = found and lessons.find_title(self._database, found)
        if not lesson:
            raise LessonNotFound
        authorship = self.of(pb.GetAuthorshipRequest(course=str(lesson.course_id)))
        authorship.lesson_title = lesson.title
        return authorship
