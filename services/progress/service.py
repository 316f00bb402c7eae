"""Progress, put together."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from services.clients.course import Courses
from services.kit.events.consumer import on
from services.kit.process.runtime import Runtime
from services.kit.process.service import Domain, Periodic, PersonalData, Registration, Service
from services.progress.activity import Activities
from services.progress.internal_servicer import ProgressInternalServicer
from services.progress.learners import Learners
from services.progress.personal import erase_person, export_person
from services.progress.reminding import Reminding
from services.progress.servicer import ProgressServicer
from services.progress.settings import ProgressSettings
from services.progress.settling import Settling
from services.progress.tracking import Tracking
from stellr.course.v1.course_internal_service_pb2_grpc import CourseInternalServiceStub
from stellr.course.v1.events_pb2 import EnrollmentChanged, OutlineChanged
from stellr.notification.v1.notification_internal_service_pb2_grpc import (
    NotificationInternalServiceStub,
)
from stellr.progress.v1.events_pb2 import CourseCompleted
from stellr.progress.v1.progress_internal_service_pb2_grpc import (
    add_ProgressInternalServiceServicer_to_server,
)
from stellr.progress.v1.progress_service_pb2_grpc import add_ProgressServiceServicer_to_server
from stellr.quiz.v1.events_pb2 import QuizPassed
from stellr.user.v1.user_internal_service_pb2_grpc import UserInternalServiceStub

REMINDERS_SECONDS = 3600.0


def build(runtime: Runtime) -> Domain:
    """What progress consists of."""
    courses = Courses.of(runtime)
    parts = (runtime.database, runtime.events, courses)
    count = runtime.metrics.tally("completions", "Courses that learners completed.")
    runtime.events.at_commit(CourseCompleted, lambda _: count())
    tracking = Tracking(*parts, runtime.page_tokens)
    settling = Settling(*parts, runtime.jobs)
    course = CourseInternalServiceStub(runtime.channel("course"))
    user = UserInternalServiceStub(runtime.channel("user"))
    notification = NotificationInternalServiceStub(runtime.channel("notification"))
    public = ProgressServicer(
        tracking,
        Activities(runtime.database, user),
        Learners(runtime.database, course, runtime.page_tokens),
    )
    reminding = Reminding(
        runtime.database,
        courses,
        runtime.jobs.delivery(notification.SendNotification),
        timedelta(days=runtime.settings_of(ProgressSettings).reminder_days),
    )
    return Domain(
        servicers=[
            Registration(add_ProgressServiceServicer_to_server, public),
            Registration(
                add_ProgressInternalServiceServicer_to_server, ProgressInternalServicer(tracking)
            ),
        ],
        consumers=[
            on(QuizPassed, settling.quiz_passed),
            on(OutlineChanged, settling.outline_changed),
            on(EnrollmentChanged, settling.enrollment_changed),
        ],
        periodic=[Periodic("remind", REMINDERS_SECONDS, reminding.run)],
        personal=PersonalData.over(runtime.database, export_person, erase_person),
    )


SERVICE = Service(
    name="progress",
    build=build,
    calls=("course", "user", "notification"),
    follows=("course", "quiz"),
    migrations=str(Path(__file__).parent / "migrations"),
)
