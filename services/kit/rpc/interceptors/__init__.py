"""The chain that every call passes: one ordered list, with the reason for each place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import grpc
from grpc_interceptor import ServerInterceptor

from services.kit.rpc.interceptors.authentication import Identity
from services.kit.rpc.interceptors.base import Link, Method
from services.kit.rpc.interceptors.decoding import Decoding, lenient
from services.kit.rpc.interceptors.errors import Errors
from services.kit.rpc.interceptors.idempotency import Idempotency
from services.kit.rpc.interceptors.log import Log
from services.kit.rpc.interceptors.metrics import Metrics
from services.kit.rpc.interceptors.rate_limit import RateLimit
from services.kit.rpc.interceptors.request_id import RequestId
from services.kit.rpc.interceptors.transaction import Transaction
from services.kit.rpc.interceptors.validation import Validation
from services.kit.rpc.policy import INFRASTRUCTURE

if TYPE_CHECKING:
    from services.kit.process.runtime import Runtime

CHAIN: Sequence[type[Link]] = (
    RequestId,  # everything after it knows which call it is
    Log,  # sees what the caller is told
    Metrics,  # sees what the caller is told
    Errors,  # all that may refuse stands after it
    Decoding,  # what follows may look into the request
    Identity,  # who may not call learns nothing more
    RateLimit,  # knows the person by now; before anything that costs
    Validation,  # the handler sees only requests within their bounds
    Transaction,  # what follows is written together or not at all
    Idempotency,  # keys and replies belong to that transaction
)


class Chain(ServerInterceptor):
    """Runs the links in order: one interceptor for gRPC, so that a call is wrapped only once."""

    def __init__(self, runtime: Runtime) -> None:
        self._links = [
            link(runtime) for link in CHAIN if runtime.has_database or not needs_db(link)
        ]
        self._runtime = runtime

    def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Any],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        """Let health and reflection pass; all else goes through the links."""
        if handler_call_details.method.startswith(INFRASTRUCTURE):
            return continuation(handler_call_details)
        handler = super().intercept_service(  # type: ignore[no-untyped-call]
            continuation, handler_call_details
        )
        return handler and lenient(handler)

    def intercept(
        self, method: Method, request: Any, context: grpc.ServicerContext, method_name: str
    ) -> Any:
        """Call the first link, which calls the next, and the last calls the handler."""
        if method_name not in self._runtime.policies:
            context.abort(grpc.StatusCode.PERMISSION_DENIED, "the method declares no policy")
        for link in reversed(self._links):
            method = _bound(link, method, method_name)
        return method(request, context)


def _bound(link: Link, method: Method, method_name: str) -> Method:
    intercept = link.intercept
    return lambda request, context: intercept(method, request, context, method_name)


def needs_db(link: type[Link]) -> bool:
    """Whether a link has nothing to do in a service without a database."""
    return link in (Transaction, Idempotency)
