"""Quiz, put together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from services.kit.process.runtime import Runtime
from services.kit.process.service import Registration, Service
from services.quiz.attempts import Attempts
from services.quiz.importing import Importing
from services.quiz.internal_servicer import QuizInternalServicer
from services.quiz.lessons import Lessons
from services.quiz.servicer import QuizServicer
from stellr.course.v1.course_internal_service_pb2_grpc import CourseInternalServiceStub
from stellr.progress.v1.progress_internal_service_pb2_grpc import ProgressInternalServiceStub
from stellr.quiz.v1.quiz_internal_service_pb2_grpc import add_QuizInternalServiceServicer_to_server
from stellr.quiz.v1.quiz_service_pb2_grpc import add_QuizServiceServicer_to_server


def build(runtime: Runtime) -> Sequence[Registration]:
    """The servicers of quiz."""
    lessons = Lessons(CourseInternalServiceStub(runtime.channel("course")))
    progress = ProgressInternalServiceStub(runtime.channel("progress"))
    record_pass = runtime.jobs.delivery(progress.RecordQuizPass)
    public = QuizServicer(Attempts(runtime, lessons, record_pass))
    internal = QuizInternalServicer(Importing(runtime.database))
    return [
        Registration(add_QuizServiceServicer_to_server, public),
        Registration(add_QuizInternalServiceServicer_to_server, internal),
    ]


SERVICE = Service(
    name="quiz",
    build=build,
    calls=("course", "progress"),
    migrations=str(Path(__file__).parent / "migrations"),
)
