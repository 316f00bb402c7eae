"""Counts and times every call, by method and by what the caller was told."""

from __future__ import annotations

import time

from services.kit import telemetry
from services.kit.call import Call
from services.kit.rpc.interceptors.base import Bracket
from services.kit.rpc.policy import MethodPolicy


class Metrics(Bracket):
    """Outside of the errors, so that it knows what the caller was told."""

    def __init__(self, metrics: telemetry.Metrics) -> None:
        self._metrics = metrics

    def begin(self, call: Call, rpc: MethodPolicy) -> float:
        """When it began."""
        return time.perf_counter()

    def end(self, call: Call, rpc: MethodPolicy, begun: float) -> None:
        """Count the call."""
        self._metrics.rpc(rpc.method, call.reason or "OK", time.perf_counter() - begun)
