"""Certificate, put together."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from services.certificate.issuing import Issuing
from services.certificate.servicer import CertificateServicer
from services.certificate.tasks import ISSUE, follow_completions, issue_certificate
from services.kit.process.runtime import Runtime
from services.kit.process.service import Loop, Registration, Service
from stellr.certificate.v1.certificate_service_pb2_grpc import (
    add_CertificateServiceServicer_to_server,
)
from stellr.notification.v1.notification_internal_service_pb2_grpc import (
    NotificationInternalServiceStub,
)


def build(runtime: Runtime) -> Sequence[Registration]:
    """The servicer of certificate."""
    issuing = make_issuing(runtime)
    runtime.jobs.task(ISSUE, partial(issue_certificate, issuing))
    servicer = CertificateServicer(runtime, issuing)
    return [Registration(add_CertificateServiceServicer_to_server, servicer)]


def make_issuing(runtime: Runtime) -> Issuing:
    """What issues certificates and has the learners told."""
    notification = NotificationInternalServiceStub(runtime.channel("notification"))
    return Issuing(runtime, runtime.jobs.delivery(notification.SendNotification))


SERVICE = Service(
    name="certificate",
    build=build,
    calls=("progress", "course", "user", "notification"),
    migrations=str(Path(__file__).parent / "migrations"),
    loops=(Loop("follow_completions", 1.0, follow_completions, everywhere=True),),
)
