"""Refusals in HTTP, in the one shape of all errors: google.rpc.Status as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

import grpc
from aiohttp import web
from google.protobuf.json_format import MessageToDict
from google.rpc import status_pb2

from services.kit.errors import DomainError, ServiceUnavailable, reason_name
from services.kit.rpc import refusals
from services.kit.rpc.interceptors.base import this_call
from stellr.errors.v1.reason_pb2 import Reason

STATUS_DETAILS = "grpc-status-details-bin"
_Code = grpc.StatusCode
# As Envoy's transcoder has it, but for OUT_OF_RANGE: what is out of range here is a range.
_HTTP = {
    _Code.CANCELLED: 499,
    _Code.INVALID_ARGUMENT: HTTPStatus.BAD_REQUEST,
    _Code.FAILED_PRECONDITION: HTTPStatus.BAD_REQUEST,
    _Code.UNAUTHENTICATED: HTTPStatus.UNAUTHORIZED,
    _Code.PERMISSION_DENIED: HTTPStatus.FORBIDDEN,
    _Code.NOT_FOUND: HTTPStatus.NOT_FOUND,
    _Code.ALREADY_EXISTS: HTTPStatus.CONFLICT,
    _Code.ABORTED: HTTPStatus.CONFLICT,
    _Code.OUT_OF_RANGE: HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
    _Code.RESOURCE_EXHAUSTED: HTTPStatus.TOO_MANY_REQUESTS,
    _Code.UNIMPLEMENTED: HTTPStatus.NOT_IMPLEMENTED,
    _Code.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    _Code.DEADLINE_EXCEEDED: HTTPStatus.GATEWAY_TIMEOUT,
}


def refused_response(
    code: grpc.StatusCode, message: str, metadata: Iterable[tuple[str, Any]]
) -> web.Response:
    """What an RPC is refused with, as an HTTP answer."""
    fields = dict(metadata)
    details = fields.pop(STATUS_DETAILS, None)
    told = status_pb2.Status(code=code.value[0], message=message)
    if details is not None:
        told = status_pb2.Status.FromString(details)
    return _response(_HTTP.get(code, HTTPStatus.INTERNAL_SERVER_ERROR), told, fields)


def error_response(
    error: DomainError, *, http_status: int | None = None, headers: Mapping[str, str] | None = None
) -> web.Response:
    """An error with headers of its own, or with an HTTP status that no code of gRPC stands for."""
    call = this_call()
    call.code, call.reason = error.code.name, reason_name(error.reason)
    return _response(http_status or _HTTP[error.code], refusals.status(error), headers or {})


def not_open_response() -> web.Response:
    """What is told before the process may answer."""
    error = ServiceUnavailable()
    return _response(_HTTP[error.code], refusals.status(error), {"retry-after": "1"})


def unrouted_response(error: web.HTTPException) -> web.Response:
    """What aiohttp refuses: a path or a method that nothing is routed for, a body too large."""
    allow = error.headers.get("Allow")
    reason, code = _UNROUTED.get(error.status, (Reason.REASON_REQUEST_MALFORMED, _Code.UNKNOWN))
    refused = _Unrouted(error.reason.lower(), reason=reason)
    told = refusals.status(refused)
    told.code = code.value[0]
    return _response(error.status, told, {"allow": allow} if allow else {})


class _Unrouted(DomainError):
    code = _Code.UNKNOWN


_UNROUTED = {
    404: (Reason.REASON_PATH_NOT_FOUND, _Code.NOT_FOUND),
    405: (Reason.REASON_METHOD_NOT_ALLOWED, _Code.UNIMPLEMENTED),
    413: (Reason.REASON_BODY_TOO_LARGE, _Code.RESOURCE_EXHAUSTED),
}


def _response(
    http_status: int, told: status_pb2.Status, headers: Mapping[str, str]
) -> web.Response:
    body = MessageToDict(told, always_print_fields_with_no_presence=True)
    told_in = {**headers, "content-type": "application/json", "cache-control": "no-store"}
    return web.Response(body=json.dumps(body), status=int(http_status), headers=told_in)
