"""One log line a call: refusals and writes always, reads at level DEBUG.

What is asked by GET is a read to its caller (RFC 9110), also where it makes what it shows.
"""

from __future__ import annotations

import time

import structlog

from services.kit.call import Call
from services.kit.rpc.interceptors.base import Bracket
from services.kit.rpc.policy import MethodPolicy

logger = structlog.get_logger("stellr.rpc")


class Log(Bracket):
    """Outside of the errors, so that it knows what the caller was told."""

    def begin(self, call: Call, rpc: MethodPolicy) -> float:
        """When it began."""
        return time.perf_counter()

    def end(self, call: Call, rpc: MethodPolicy, begun: float) -> None:
        """Log the call."""
        quiet = (rpc.reads_only or rpc.asked_by_get) and not call.reason
        write = logger.debug if quiet else logger.info
        write(
            "rpc",
            method=rpc.method,
            request_id=call.request_id,
            user_id=str(call.caller.user_id or ""),
            peer=call.caller.service,
            reason=call.reason,
            ms=round((time.perf_counter() - begun) * 1000, 1),
        )
