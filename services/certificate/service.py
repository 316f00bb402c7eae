"""Certificate, put together."""

from __future__ import annotations

from pathlib import Path

from services.certificate.documents import Documents
from services.certificate.issuing import Issuing
from services.certificate.personal import erase_person, export_person
from services.certificate.servicer import CertificateServicer
from services.certificate.tasks import AutomaticIssuing
from services.kit.events.consumer import on
from services.kit.process.runtime import Runtime
from services.kit.process.service import Domain, PersonalData, Registration, Service
from stellr.certificate.v1.certificate_service_pb2_grpc import (
    add_CertificateServiceServicer_to_server,
)
from stellr.course.v1.course_internal_service_pb2_grpc import CourseInternalServiceStub
from stellr.notification.v1.notification_internal_service_pb2_grpc import (
    NotificationInternalServiceStub,
)
from stellr.progress.v1.events_pb2 import CourseCompleted
from stellr.progress.v1.progress_internal_service_pb2_grpc import ProgressInternalServiceStub
from stellr.user.v1.user_internal_service_pb2_grpc import UserInternalServiceStub


def build(runtime: Runtime) -> Domain:
    """What certificate consists of."""
    issuing, public_url = make_issuing(runtime), runtime.settings.public_url
    automatic = AutomaticIssuing(issuing, runtime.jobs)
    documents = Documents(runtime.database, public_url)
    servicer = CertificateServicer(runtime.database, public_url, issuing, documents)
    return Domain(
        servicers=[Registration(add_CertificateServiceServicer_to_server, servicer)],
        consumers=[on(CourseCompleted, automatic.course_completed)],
        personal=PersonalData.over(runtime.database, export_person, erase_person),
    )


def make_issuing(runtime: Runtime) -> Issuing:
    """Issuing, with the services that it asks."""
    notification = NotificationInternalServiceStub(runtime.channel("notification"))
    return Issuing(
        runtime.database,
        ProgressInternalServiceStub(runtime.channel("progress")),
        CourseInternalServiceStub(runtime.channel("course")),
        UserInternalServiceStub(runtime.channel("user")),
        runtime.jobs.delivery(notification.SendNotification),
    )


SERVICE = Service(
    name="certificate",
    build=build,
    calls=("progress", "course", "user", "notification"),
    follows=("progress",),
    migrations=str(Path(__file__).parent / "migrations"),
)
