"""What the gateway finds, as contracts say it."""

from __future__ import annotations

from collections.abc import Mapping

from google.protobuf.duration_pb2 import Duration

from services.gateway.readiness import Found
from stellr.gateway.v1 import gateway_service_pb2 as pb


def readiness_message(services: Mapping[str, Found]) -> pb.Readiness:
    """How each service was found; ready where all of them answer calls."""
    return pb.Readiness(
        ready=all(found.state.answers for found in services.values()),
        services=[
            pb.ServiceState(name=name, state=found.state, latency=_duration(found.seconds))
            for name, found in services.items()
        ],
    )


def _duration(seconds: float) -> Duration:
    duration = Duration()
    duration.FromMicroseconds(round(seconds * 1e6))
    return duration
