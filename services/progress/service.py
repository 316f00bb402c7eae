"""Progress, put together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from services.kit.process.runtime import Runtime
from services.kit.process.service import Registration, Service
from services.progress.internal_servicer import ProgressInternalServicer
from services.progress.servicer import ProgressServicer
from services.progress.tracking import Tracking
from stellr.progress.v1.progress_internal_service_pb2_grpc import (
    add_ProgressInternalServiceServicer_to_server,
)
from stellr.progress.v1.progress_service_pb2_grpc import add_ProgressServiceServicer_to_server


def build(runtime: Runtime) -> Sequence[Registration]:
    """The servicers of progress."""
    tracking = Tracking(runtime)
    internal = ProgressInternalServicer(runtime, tracking)
    return [
        Registration(add_ProgressServiceServicer_to_server, ProgressServicer(tracking)),
        Registration(add_ProgressInternalServiceServicer_to_server, internal),
    ]


SERVICE = Service(
    name="progress",
    build=build,
    calls=("course", "notification"),
    migrations=str(Path(__file__).parent / "migrations"),
)
