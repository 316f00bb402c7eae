"""Refuses bytes that are no message of the method, as the caller's mistake.

gRPC itself would call that INTERNAL. The usual case is text that is not UTF-8: Envoy passes on what
it finds percent-encoded in a path or a query.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from services.kit.errors import RequestMalformed
from services.kit.rpc.interceptors.base import Link, Method


class Undecodable:
    """Stands in for a request that could not be decoded, on its way to the link that says so."""


class Decoding(Link):
    """After errors, which tells the refusal; before all that looks into the request."""

    def intercept(
        self, method: Method, request: Any, context: grpc.ServicerContext, method_name: str
    ) -> Any:
        """Refuse what could not be decoded; RequestMalformed."""
        if isinstance(request, Undecodable):
            raise RequestMalformed
        return method(request, context)


def lenient(handler: Any) -> Any:
    """The RPC's handler, with its request decoded where it is one message and can be."""
    if handler.request_streaming:
        return handler
    return handler._replace(request_deserializer=_decoder(handler.request_deserializer))


def _decoder(decode: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    def tried(data: bytes) -> Any:
        try:
            return decode(data)
        except DecodeError:
            return Undecodable()

    return tried
