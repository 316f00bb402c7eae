"""Certificate, put together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from services.certificate.issuing import Issuing
from services.certificate.servicer import CertificateServicer
from services.certificate.tasks import TASKS, follow_completions
from services.kit.process.runtime import Runtime
from services.kit.process.service import Loop, Registration, Service
from stellr.certificate.v1.certificate_service_pb2_grpc import (
    add_CertificateServiceServicer_to_server,
)


def build(runtime: Runtime) -> Sequence[Registration]:
    """The servicer of certificate."""
    servicer = CertificateServicer(runtime, Issuing(runtime))
    return [Registration(add_CertificateServiceServicer_to_server, servicer)]


SERVICE = Service(
    name="certificate",
    build=build,
    calls=("progress", "course", "user", "notification"),
    migrations=str(Path(__file__).parent / "migrations"),
    tasks=TASKS,
    loops=(Loop("follow_completions", 1.0, follow_completions, everywhere=True),),
)
