"""Which lessons' quizzes a learner may see: course knows, as it owns enrolment."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from services.clients.course import Courses
from services.kit.data.tables import as_uuid
from services.kit.errors import NotFound
from services.quiz.errors import QuizNotFound


class OwnLesson(NamedTuple):
    """A lesson of a course that the learner is in."""

    lesson_id: UUID
    course_id: UUID


class Lessons:
    """Knows who is in which course."""

    def __init__(self, courses: Courses) -> None:
        self._courses = courses

    def enrolled(self, lesson_id: str, user_id: UUID) -> OwnLesson:
        """A lesson the learner is enrolled in; QuizNotFound for others.

        A preview lesson may be read by all, but its quiz is for the enrolled.
        """
        found = as_uuid(lesson_id)
        if found is None:
            raise QuizNotFound
        try:
            course_id = self._courses.of_lesson(str(found)).course_id
        except NotFound:
            raise QuizNotFound from None
        if self._courses.enrolled_since(user_id, course_id) is None:
            raise QuizNotFound
        return OwnLesson(found, course_id)
