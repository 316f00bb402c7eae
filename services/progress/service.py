"""Progress, put together."""

from __future__ import annotations

from pathlib import Path

from services.clients.course import Courses
from services.kit.events.consumer import on
from services.kit.process.runtime import Runtime
from services.kit.process.service import Domain, PersonalData, Registration, Service
from services.progress.internal_servicer import ProgressInternalServicer
from services.progress.personal import erase_person, export_person
from services.progress.servicer import ProgressServicer
from services.progress.settling import Settling
from services.progress.tracking import Tracking
from stellr.course.v1.events_pb2 import OutlineChanged
from stellr.progress.v1.progress_internal_service_pb2_grpc import (
    add_ProgressInternalServiceServicer_to_server,
)
from stellr.progress.v1.progress_service_pb2_grpc import add_ProgressServiceServicer_to_server
from stellr.quiz.v1.events_pb2 import QuizPassed


def build(runtime: Runtime) -> Domain:
    """What progress consists of."""
    courses = Courses.of(runtime)
    parts = (runtime.database, runtime.events, courses)
    tracking = Tracking(*parts, runtime.page_tokens)
    settling = Settling(*parts, runtime.jobs)
    return Domain(
        servicers=[
            Registration(add_ProgressServiceServicer_to_server, ProgressServicer(tracking)),
            Registration(
                add_ProgressInternalServiceServicer_to_server, ProgressInternalServicer(tracking)
            ),
        ],
        consumers=[
            on(QuizPassed, settling.quiz_passed),
            on(OutlineChanged, settling.outline_changed),
        ],
        personal=PersonalData.over(runtime.database, export_person, erase_person),
    )


SERVICE = Service(
    name="progress",
    build=build,
    calls=("course", "notification"),
    follows=("course", "quiz"),
    migrations=str(Path(__file__).parent / "migrations"),
)
