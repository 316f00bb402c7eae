"""Counts and times every call, by method and by what the caller was told."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

from services.kit import metrics
from services.kit.call import Call
from services.kit.rpc.interceptors.base import Bracket, Stream, this_call
from services.kit.rpc.policy import MethodPolicy


class Metrics(Bracket):
    """Outside of the errors, so that it knows what the caller was told."""

    def __init__(self, counted: metrics.Metrics) -> None:
        self._metrics = counted

    def begin(self, call: Call, rpc: MethodPolicy) -> float:
        """When it began."""
        return time.perf_counter()

    def end(self, call: Call, rpc: MethodPolicy, begun: float) -> None:
        """Count the call."""
        self._metrics.rpc(rpc.method, call.code, time.perf_counter() - begun)
        self._count_refusal(call, rpc)

    def bind_stream(self, proceed: Stream, rpc: MethodPolicy) -> Stream:
        """Count it while it is open, and when it ends: by itself, as its reader says how long."""
        count, are_open = self._metrics.stream, self._metrics.open_streams(rpc.method)

        async def counted(request: Any, context: Any) -> AsyncIterator[Any]:
            call, begun = this_call(), time.perf_counter()
            are_open.inc()
            try:
                async for message in proceed(request, context):
                    yield message
            finally:
                are_open.dec()
                count(rpc.method, call.code, time.perf_counter() - begun)
                self._count_refusal(call, rpc)

        return counted

    def _count_refusal(self, call: Call, rpc: MethodPolicy) -> None:
        if call.reason:
            self._metrics.refused(rpc.method, call.reason)
        if call.limit:
            self._metrics.limited(call.limit)
