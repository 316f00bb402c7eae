"""Certificate, put together."""

from __future__ import annotations

from pathlib import Path

from services.certificate.issuing import Issuing
from services.certificate.servicer import CertificateServicer
from services.certificate.tasks import AutomaticIssuing
from services.kit.events.consumer import on
from services.kit.process.runtime import Runtime
from services.kit.process.service import Domain, Registration, Service
from stellr.certificate.v1.certificate_service_pb2_grpc import (
    add_CertificateServiceServicer_to_server,
)
from stellr.notification.v1.notification_internal_service_pb2_grpc import (
    NotificationInternalServiceStub,
)
from stellr.progress.v1.events_pb2 import CourseCompleted


def build(runtime: Runtime) -> Domain:
    """What certificate consists of."""
    notification = NotificationInternalServiceStub(runtime.channel("notification"))
    issuing = Issuing(runtime, runtime.jobs.delivery(notification.SendNotification))
    automatic = AutomaticIssuing(issuing, runtime.jobs)
    servicer = CertificateServicer(runtime, issuing)
    return Domain(
        servicers=[Registration(add_CertificateServiceServicer_to_server, servicer)],
        consumers=[on(CourseCompleted, automatic.course_completed)],
    )


SERVICE = Service(
    name="certificate",
    build=build,
    calls=("progress", "course", "user", "notification"),
    follows=("progress",),
    migrations=str(Path(__file__).parent / "migrations"),
)
