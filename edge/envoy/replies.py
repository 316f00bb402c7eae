"""What Envoy itself answers, in the shape of a service's answer: google.rpc.Status."""

from typing import Any, NamedTuple

from google.rpc import code_pb2 as code

from services.kit.errors import DOMAIN, reason_name
from stellr.errors.v1 import reason_pb2 as why

Json = dict[str, Any]

# The text of the route that answers.
TEXT_OF_ROUTE = "%LOCAL_REPLY_BODY%"
NOTHING = "there is nothing at this path"
# That any path takes.
METHODS = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"


class Reply(NamedTuple):
    """An answer by HTTP status: its google.rpc.Code in JSON, its reason and its sentence.

    `grpc_code` is what callers of gRPC are told, where that differs. With `when`, an expression in
    CEL, it is the answer only where that is true. With `retry_seconds` it says when to try again.
    With `told` the caller gets that HTTP status instead.
    """

    status: int
    code: int
    reason: why.Reason.ValueType
    message: str
    grpc_code: int | None = None
    when: str = ""
    retry_seconds: int = 0
    told: int | None = None


REPLIES = (
    Reply(
        *(400, code.INVALID_ARGUMENT, why.REASON_REQUEST_MALFORMED, TEXT_OF_ROUTE),
        when="response.code_details in ['direct_response', 'lua_response']",
    ),
    Reply(
        *(400, code.INVALID_ARGUMENT, why.REASON_REQUEST_MALFORMED),
        "the name of a header has an underscore",
        when="response.code_details.contains('unexpected_underscore')",
    ),
    Reply(
        *(400, code.INVALID_ARGUMENT, why.REASON_REQUEST_MALFORMED),
        "the path is not valid: it may hold no percent-encoded slash and no NUL",
        when="response.code_details.contains('path_normalization_failed')",
    ),
    Reply(400, code.INVALID_ARGUMENT, why.REASON_REQUEST_MALFORMED, "the request is not valid"),
    # `GET https://…` without TLS.
    Reply(
        *(403, code.INVALID_ARGUMENT, why.REASON_REQUEST_MALFORMED, "here is no TLS"),
        when="response.code_details == 'http1.https_url_on_plaintext_connection'",
        told=400,
    ),
    # CONNECT, or a WebSocket.
    Reply(
        *(403, code.INVALID_ARGUMENT, why.REASON_REQUEST_MALFORMED),
        "a connection cannot be made another one here",
        when="response.code_details == 'upgrade_failed'",
        told=400,
    ),
    Reply(
        *(404, code.NOT_FOUND, why.REASON_PATH_NOT_FOUND, NOTHING, code.UNIMPLEMENTED),
        when="response.code_details in ['route_not_found', 'absolute_path_rejected']",
    ),
    Reply(404, code.NOT_FOUND, why.REASON_PATH_NOT_FOUND, TEXT_OF_ROUTE, code.UNIMPLEMENTED),
    Reply(405, code.UNIMPLEMENTED, why.REASON_METHOD_NOT_ALLOWED, TEXT_OF_ROUTE),
    Reply(408, code.DEADLINE_EXCEEDED, why.REASON_REQUEST_TOO_SLOW, "the request came too slowly"),
    Reply(413, code.RESOURCE_EXHAUSTED, why.REASON_BODY_TOO_LARGE, "the body is too large"),
    Reply(415, code.INVALID_ARGUMENT, why.REASON_CONTENT_NOT_SUPPORTED, TEXT_OF_ROUTE),
    Reply(431, code.RESOURCE_EXHAUSTED, why.REASON_HEADERS_TOO_LARGE, "the headers are too large"),
    Reply(
        *(501, code.UNIMPLEMENTED, why.REASON_REQUEST_MALFORMED),
        "transfer-encoding: only chunked is taken",
    ),
    # A service that broke off in the midst of an answer.
    Reply(
        *(502, code.UNAVAILABLE, why.REASON_SERVICE_UNAVAILABLE, "the service does not answer"),
        retry_seconds=1,
        told=503,
    ),
    Reply(
        *(503, code.UNAVAILABLE, why.REASON_SERVICE_UNAVAILABLE, "the service does not answer"),
        retry_seconds=1,
    ),
    Reply(504, code.DEADLINE_EXCEEDED, why.REASON_DEADLINE_EXCEEDED, "the request took too long"),
)


def local_replies() -> Json:
    """The `local_reply_config` of a listener; door.lua takes its x- headers away again."""
    mappers = [_whole_server(), _nothing(), _transcoder()]
    mappers += [_grpc(reply) for reply in REPLIES]
    mappers += [
        {
            "filter": _condition(reply),
            "body_format_override": _json(reply),
            "headers_to_add": _retry_after(reply),
            **({"status_code": reply.told} if reply.told else {}),
        }
        for reply in REPLIES
    ]
    other = Reply(500, code.INTERNAL, why.REASON_INTERNAL, "something went wrong on our side")
    return {"mappers": mappers, "body_format": _json(other)}


def _whole_server() -> Json:
    # `OPTIONS *` (RFC 9110, 9.3.7); no route can match it.
    asked = "response.code_details == 'absolute_path_rejected' && request.method == 'OPTIONS'"
    return {
        "filter": _cel(f"{asked} && request.url_path == '*'"),
        "status_code": 204,
        "body_format_override": _text(""),
        "headers_to_add": _header("allow", METHODS),
    }


def _nothing() -> Json:
    # OPTIONS, preflights too.
    return {"filter": _status(204), "body_format_override": _text(TEXT_OF_ROUTE)}


def _transcoder() -> Json:
    # Its words name types of the contracts: door.lua says it in others, and knows it by the header.
    refused = _cel(
        "response.code == 400 && response.code_details.contains('json_transcode_failure')"
    )
    return {
        "filter": refused,
        "body_format_override": _text(TEXT_OF_ROUTE),
        "headers_to_add": _header("x-transcoder-refused", "1"),
    }


def _grpc(reply: Reply) -> Json:
    # Callers of gRPC get the sentence as grpc-message; of the codes Envoy itself knows only a few.
    told = reply.code if reply.grpc_code is None else reply.grpc_code
    return {
        "filter": _and(_IS_GRPC, _NOT_TRANSCODED, _condition(reply)),
        "body_format_override": _text(reply.message),
        "headers_to_add": [*_header("x-grpc-status", str(told)), *_retry_after(reply)],
    }


def _condition(reply: Reply) -> Json:
    status = _status(reply.status)
    return _and(status, _cel(reply.when)) if reply.when else status


def _json(reply: Reply) -> Json:
    info = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": reason_name(reply.reason),
        "domain": DOMAIN,
        "metadata": {},
    }
    details = [info]
    if reply.retry_seconds:
        delay = f"{reply.retry_seconds}s"
        details.append({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay})
    return {"json_format": {"code": reply.code, "message": reply.message, "details": details}}


def _retry_after(reply: Reply) -> list[Json]:
    return _header("retry-after", str(reply.retry_seconds)) if reply.retry_seconds else []


def _text(text: str) -> Json:
    return {"text_format_source": {"inline_string": text}}


def _header(name: str, value: str) -> list[Json]:
    return [{"header": {"key": name, "value": value}}]


def _status(status: int) -> Json:
    comparison = {"op": "EQ", "value": {"default_value": status, "runtime_key": "none"}}
    return {"status_code_filter": {"comparison": comparison}}


def _cel(expression: str) -> Json:
    kind = "type.googleapis.com/envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter"
    config = {"@type": kind, "expression": expression}
    name = "envoy.access_loggers.extension_filters.cel"
    return {"extension_filter": {"name": name, "typed_config": config}}


def _and(*conditions: Json) -> Json:
    return {"and_filter": {"filters": list(conditions)}}


def _has(header: Json) -> Json:
    return {"header_filter": {"header": header}}


_KIND = {"safe_regex": {"regex": r"application/grpc(\+.*)?"}}
_IS_GRPC = _has({"name": "content-type", "string_match": _KIND})
# A transcoded request looks like gRPC too, but has its original method beside it.
_NOT_TRANSCODED = _has({"name": "x-envoy-original-method", "present_match": False})
