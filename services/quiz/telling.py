"""Course is told which lessons have a quiz, once the quiz is there."""

from __future__ import annotations

from uuid import UUID

import structlog

from services.kit.data.database import Database
from services.kit.errors import NotFound
from services.kit.work.failures import describe
from services.kit.work.jobs import Jobs
from services.quiz.repository import quizzes
from stellr.course.v1.course_internal_service_pb2 import SetLessonQuizRequest
from stellr.course.v1.course_internal_service_pb2_grpc import CourseInternalServiceStub

log = structlog.get_logger("stellr.quiz")

TIMEOUT_SECONDS = 5.0


class Telling:
    """Tells what is true when it is told, not when it was asked for: news never overtake."""

    def __init__(self, database: Database, course: CourseInternalServiceStub, jobs: Jobs) -> None:
        self._database = database
        self._course = course
        self._tell_later = jobs.task("tell_course", self.tell)

    def changed(self, lesson_id: UUID) -> None:
        """Have course told once this is kept: before the caller hears of it, if course answers, and
        by a job in any case."""
        self._tell_later.defer(lesson_id=str(lesson_id))
        self._database.after_commit(lambda: self._tell_now(str(lesson_id)))

    def tell(self, *, lesson_id: str) -> None:
        """Tell course whether a lesson has a quiz; those who tell of the same one take turns."""
        quizzes.lock_news(self._database, UUID(lesson_id))
        has_quiz = quizzes.find_current(self._database, UUID(lesson_id)) is not None
        request = SetLessonQuizRequest(lesson_id=lesson_id, has_quiz=has_quiz)
        try:
            self._course.SetLessonQuiz(request, timeout=TIMEOUT_SECONDS)
        except NotFound:
            # The lesson is gone, and nobody asks what it had.
            log.info("no lesson to tell of", lesson_id=lesson_id)

    def _tell_now(self, lesson_id: str) -> None:
        try:
            with self._database.transaction():
                self.tell(lesson_id=lesson_id)
        except Exception as error:
            log.warning("course is told later", lesson_id=lesson_id, error=describe(error))
