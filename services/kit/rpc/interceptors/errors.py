"""Tells the caller of every exception in the one way that refusals are told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import grpc

from services.kit.errors import InvalidFields
from services.kit.rpc.interceptors.base import Method, Stream, this_call
from services.kit.rpc.policy import MethodPolicy
from services.kit.rpc.refusals import refusal


class Errors:
    """Inside of log and metrics; everything that may refuse comes after it."""

    def bind(self, proceed: Method, rpc: MethodPolicy) -> Method:
        """Turn an exception into the status of the call."""

        def mapped(request: Any, context: Any) -> Any:
            try:
                return proceed(request, context)
            except Exception as error:
                if isinstance(error, grpc.RpcError) and not context.is_active():
                    # The rest of a request that does not come, as grpc itself says of it.
                    this_call().lose_caller()
                    raise
                # Also where the caller has gone: the log and the metrics are told, and grpc, which
                # would log the text of an exception, sees none but its own.
                told = refusal(_as_sent(error, rpc), this_call())
                if told.first:
                    context.send_initial_metadata(told.first)
                # Not abort_with_status: it would drop what the trailing metadata hold already.
                trailing = (*(context.trailing_metadata() or ()), *told.metadata)
                context.set_trailing_metadata(trailing)
                context.abort(told.code, told.message)

        return mapped

    def bind_stream(self, proceed: Stream, rpc: MethodPolicy) -> Stream:
        """The same for a stream, where to abort is to be waited for."""

        async def mapped(request: Any, context: Any) -> AsyncIterator[Any]:
            try:
                async for message in proceed(request, context):
                    yield message
            except Exception as error:
                told = refusal(error, this_call())
                await context.abort(told.code, told.message, told.metadata)

        return mapped


def _as_sent(error: Exception, rpc: MethodPolicy) -> Exception:
    """The error with the fields as the caller sent them: over HTTP the body may be one field."""
    if isinstance(error, InvalidFields) and rpc.body_field and this_call().http_method:
        return error.within(rpc.body_field)
    return error
