"""One log line a call: refusals and writes always, reads at level DEBUG."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import grpc
import structlog

from services.kit.call import Call
from services.kit.rpc.interceptors.base import Bracket

logger = structlog.get_logger("stellr.rpc")


class Log(Bracket):
    """Outside of the errors, so that it knows what the caller was told."""

    @contextmanager
    def around(self, call: Call, method_name: str, context: grpc.ServicerContext) -> Iterator[None]:
        """Log the call when it ends."""
        started = time.perf_counter()
        try:
            yield
        finally:
            quiet = not call.reason and self.policy(method_name).reads_only
            write = logger.debug if quiet else logger.info
            write(
                "rpc",
                method=method_name,
                request_id=call.request_id,
                user_id=str(call.caller.user_id or ""),
                peer=call.caller.service,
                reason=call.reason,
                ms=round((time.perf_counter() - started) * 1000, 1),
            )
