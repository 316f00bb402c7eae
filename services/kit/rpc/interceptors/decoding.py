"""Refuses bytes that are no message of the method, as the caller's mistake.

gRPC itself would call that INTERNAL. The usual case is text that is not UTF-8: Envoy passes on what
it finds percent-encoded in a path or a query.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from google.protobuf.message import DecodeError

from services.kit.errors import InvalidArgument, RequestMalformed, RequestTooLarge
from services.kit.rpc.interceptors.base import Method
from services.kit.rpc.policy import MethodPolicy


class Refused:
    """Stands in for a request that was not decoded, on its way to the link that says so."""

    def __init__(self, error: InvalidArgument) -> None:
        self.error = error


class Decoding:
    """After errors, which tells the refusal; before all that looks into the request."""

    def bind(self, proceed: Method, rpc: MethodPolicy) -> Method:
        """Refuse what was not decoded; RequestMalformed or RequestTooLarge."""
        if rpc.streams_request:
            return proceed

        def decoded(request: Any, context: Any) -> Any:
            if isinstance(request, Refused):
                raise request.error
            return proceed(request, context)

        return decoded


def lenient(decode: Callable[[bytes], Any], longest: int) -> Callable[[bytes], Any]:
    """A decoder that lets what it does not decode come to the link above.

    `longest` is in bytes: what is longer is not decoded, as it may take many times its size.
    """

    def tried(data: bytes) -> Any:
        if len(data) > longest:
            return Refused(RequestTooLarge(f"the request is larger than {longest:,} bytes"))
        try:
            return decode(data)
        except DecodeError:
            return Refused(RequestMalformed())

    return tried
