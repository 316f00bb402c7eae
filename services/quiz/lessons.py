"""Which lessons' quizzes a learner may see: course knows, as it owns enrolment."""

from __future__ import annotations

from uuid import UUID

from services.kit.data.tables import as_uuid
from services.kit.errors import NotFound
from services.quiz.errors import QuizNotFound
from stellr.course.v1 import course_internal_service_pb2 as pb
from stellr.course.v1.course_internal_service_pb2_grpc import CourseInternalServiceStub


class Lessons:
    """Asks course about lessons."""

    def __init__(self, course: CourseInternalServiceStub) -> None:
        self._course = course

    def enrolled(self, lesson_id: str, user_id: UUID) -> UUID:
        """The id of a lesson the learner is enrolled in; QuizNotFound for others.

        A preview lesson may be read by all, but its quiz is for the enrolled.
        """
        found = as_uuid(lesson_id)
        if found is None:
            raise QuizNotFound
        request = pb.GetReadableLessonRequest(lesson_id=str(found), user_id=str(user_id))
        try:
            lesson = self._course.GetReadableLesson(request)
        except NotFound:
            raise QuizNotFound from None
        if not lesson.enrolled:
            raise QuizNotFound
        return found
