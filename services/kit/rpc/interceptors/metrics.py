"""Counts and times every call, by method and by what the caller was told."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import grpc

from services.kit.call import Call
from services.kit.rpc.interceptors.base import Bracket


class Metrics(Bracket):
    """Outside of the errors, so that it knows what the caller was told."""

    @contextmanager
    def around(self, call: Call, method_name: str, context: grpc.ServicerContext) -> Iterator[None]:
        """Time the call."""
        started = time.perf_counter()
        try:
            yield
        finally:
            elapsed = time.perf_counter() - started
            self.runtime.metrics.rpc(method_name, call.reason or "OK", elapsed)
