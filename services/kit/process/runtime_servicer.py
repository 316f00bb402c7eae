"""What a process answers about itself."""

from __future__ import annotations

import grpc

from services.kit.metrics import Metrics
from stellr.runtime.v1 import runtime_service_pb2 as pb
from stellr.runtime.v1.runtime_service_pb2_grpc import RuntimeServiceServicer


class RuntimeServicer(RuntimeServiceServicer):
    """Answers the gateway about this process."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def GetMetrics(
        self, request: pb.GetMetricsRequest, context: grpc.ServicerContext
    ) -> pb.Metrics:
        """The metrics of this process."""
        return pb.Metrics(text=self._metrics.text())
