"""Quiz, put together."""

from __future__ import annotations

from pathlib import Path

from services.clients.authors import Authors
from services.clients.course import Courses
from services.kit.events.events import Drops
from services.kit.process.runtime import Runtime
from services.kit.process.service import Domain, Periodic, PersonalData, Registration, Service
from services.quiz.attempts import Attempts
from services.quiz.authoring import Authoring
from services.quiz.authoring_servicer import QuizAuthoringServicer
from services.quiz.current import CurrentQuizzes
from services.quiz.ending import Ending
from services.quiz.exporting import Exporting
from services.quiz.importing import Importing
from services.quiz.internal_servicer import QuizInternalServicer
from services.quiz.lessons import Lessons
from services.quiz.personal import erase_person, export_person
from services.quiz.regrading import Regrading
from services.quiz.reviewing import Reviewing
from services.quiz.saving import Saving
from services.quiz.servicer import QuizServicer
from services.quiz.telling import Telling
from stellr.course.v1.course_internal_service_pb2_grpc import CourseInternalServiceStub
from stellr.quiz.v1.events_pb2 import QuizChanged, QuizPassed
from stellr.quiz.v1.quiz_authoring_service_pb2_grpc import (
    add_QuizAuthoringServiceServicer_to_server,
)
from stellr.quiz.v1.quiz_internal_service_pb2_grpc import add_QuizInternalServiceServicer_to_server
from stellr.quiz.v1.quiz_service_pb2_grpc import add_QuizServiceServicer_to_server

QUIZZES = 100_000
# How long after its time an attempt is graded, at most.
END_SECONDS = 1.0


def build(runtime: Runtime) -> Domain:
    """What quiz consists of."""
    database, events = runtime.database, runtime.events
    count = runtime.metrics.tally("quizzes_passed", "Quizzes that learners passed.")
    events.at_commit(QuizPassed, lambda _: count())
    by_lesson: Drops = {QuizChanged: lambda event: event.lesson_id}
    quizzes = CurrentQuizzes(database, events.cache("quizzes", size=QUIZZES, drops=by_lesson))
    lessons = Lessons(Courses.of(runtime))
    attempts = Attempts(database, events, lessons, quizzes)
    reviewing = Reviewing(database, runtime.page_tokens, lessons, quizzes)
    saving = Saving(database, events)
    ending = Ending(database, events, quizzes)
    internal = QuizInternalServicer(Importing(saving), Exporting(database))
    course = CourseInternalServiceStub(runtime.channel("course"))
    authoring = Authoring(
        database,
        Saving(database, events, awaited=True),
        Authors(course),
        Telling(database, course, runtime.jobs),
        Regrading(database, events, quizzes, runtime.jobs),
    )
    return Domain(
        servicers=[
            Registration(add_QuizServiceServicer_to_server, QuizServicer(attempts, reviewing)),
            Registration(
                add_QuizAuthoringServiceServicer_to_server, QuizAuthoringServicer(authoring)
            ),
            Registration(add_QuizInternalServiceServicer_to_server, internal),
        ],
        periodic=[Periodic("end_attempts", END_SECONDS, ending.end_late)],
        personal=PersonalData.over(database, export_person, erase_person),
    )


SERVICE = Service(
    name="quiz",
    build=build,
    calls=("course",),
    follows=("course",),
    migrations=str(Path(__file__).parent / "migrations"),
)
