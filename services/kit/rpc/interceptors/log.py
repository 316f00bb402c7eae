"""One log line a call: who asked for what, what they were told, and how long it took."""

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
        """Log the call; its request and its trace are told of every line."""
        logger.info(
            "rpc",
            rpc=rpc.method.removeprefix("/"),
            code=call.code,
            reason=call.reason,
            user_id=str(call.caller.user_id or ""),
            peer=call.caller.service,
            duration_ms=round((time.perf_counter() - begun) * 1000, 1),
        )
