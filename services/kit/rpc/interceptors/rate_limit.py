"""How often a caller may call."""

from __future__ import annotations

from typing import Any

import grpc

from services.kit.call import Call
from services.kit.rpc.interceptors.base import Link, Method, this_call
from services.kit.rpc.limits import field_key
from services.kit.rpc.policy import Limit
from stellr.options.v1 import options_pb2 as options


class RateLimit(Link):
    """After identity, which knows the person; before anything that costs."""

    def intercept(
        self, method: Method, request: Any, context: grpc.ServicerContext, method_name: str
    ) -> Any:
        """Count the call by each limit of its method."""
        call = this_call()
        for limit in self.policy(method_name).limits:
            self.runtime.limiter.count(limit, _key(limit, call, request))
        return method(request, context)


def _key(limit: Limit, call: Call, request: Any) -> str:
    if limit.key == options.RateLimit.KEY_FIELD:
        return field_key(request, limit)
    if limit.key == options.RateLimit.KEY_PERSON:
        return str(call.caller.user_id)
    return call.address
