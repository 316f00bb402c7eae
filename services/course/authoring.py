"""What authors and the quiz service change about a course beside its content."""

from __future__ import annotations

from uuid import UUID

from services.course import views
from services.course.errors import CourseNotFound, LessonNotFound
from services.course.published import PublishedCourses, new_etag
from services.course.repository import courses, lessons
from services.kit.process.runtime import Runtime
from stellr.course.v1 import course_pb2 as pb


class Authoring:
    """Publishes courses and marks quizzes."""

    def __init__(self, runtime: Runtime, published: PublishedCourses) -> None:
        self._database = runtime.database
        self._published = published

    def publish(self, course_id: UUID) -> pb.Course:
        """Publish a course, also one that was archived; CourseNotFound."""
        db = self._database.session
        if courses.publish(db, course_id, new_etag()):
            self._published.changed(db, course_id)
        rows = courses.load_courses(db, [str(course_id)], published_only=False)
        if not rows:
            raise CourseNotFound
        return views.course(rows[0])

    def set_quiz(self, lesson_id: UUID, has_quiz: bool) -> pb.LessonSummary:
        """Say whether a lesson has a valid quiz; LessonNotFound."""
        db = self._database.session
        course_id = lessons.lock_course_of_lesson(db, lesson_id)
        if course_id is not None and lessons.set_quiz(db, lesson_id, has_quiz):
            courses.set_etag(db, course_id, new_etag())
            self._published.changed(db, course_id)
        lesson = lessons.find_lesson(db, lesson_id)
        if lesson is None:
            raise LessonNotFound
        return views.lesson_summary(lesson)
