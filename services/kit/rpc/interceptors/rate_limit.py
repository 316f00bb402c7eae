"""How often a caller may call."""

from __future__ import annotations

from typing import Any

from services.kit.call import Call
from services.kit.rpc.interceptors.base import Method, this_call
from services.kit.rpc.limits import RateLimiter, address_key, field_key
from services.kit.rpc.policy import Limit, MethodPolicy
from stellr.options.v1 import options_pb2 as options


class RateLimit:
    """After identity, which knows the person; before anything that costs."""

    def __init__(self, limiter: RateLimiter) -> None:
        self._limiter = limiter

    def bind(self, proceed: Method, rpc: MethodPolicy) -> Method:
        """Count the call by each limit of its method, in their order."""
        limits = [each for each in rpc.limits if each.key != options.RateLimit.KEY_HANDLER]
        if not limits:
            return proceed
        count = self._limiter.count

        def limited(request: Any, context: Any) -> Any:
            call = this_call()
            for limit in limits:
                count(limit, _key(limit, call, request))
            return proceed(request, context)

        return limited


def _key(limit: Limit, call: Call, request: Any) -> str:
    if limit.key == options.RateLimit.KEY_FIELD:
        return field_key(request, limit)
    if limit.key == options.RateLimit.KEY_PERSON:
        return str(call.caller.user_id or call.caller.service)
    return address_key(call.address)
