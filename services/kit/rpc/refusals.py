"""The one mapper from exceptions to what a caller is told (google.rpc.Status, AIP-193)."""

from __future__ import annotations

import errno
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import grpc
import psycopg
import structlog
from google.protobuf import any_pb2
from google.protobuf.message import Message
from google.rpc import error_details_pb2 as details
from google.rpc import status_pb2
from grpc_status import rpc_status
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests
from sqlalchemy import exc

from services.kit.call import Call
from services.kit.errors import (
    DOMAIN,
    Conflict,
    DatabaseUnavailable,
    DeadlineExceeded,
    DomainError,
    EtagStale,
    Internal,
    InvalidArgument,
    RateLimited,
    SessionEnded,
    StorageUnavailable,
    TokenExpired,
    TokenInvalid,
    TokenStale,
    ValueNotStorable,
    reason_name,
)

logger = structlog.get_logger("stellr.errors")

# Envoy takes trailers of 60 KiB, in which bytes of details become 4/3 of them, those of a message
# three each. Beyond it a caller would be told that the service is away.
MAX_MESSAGE_CHARS = 1_000
MAX_VIOLATION_BYTES = 20_000

CHALLENGE = "www-authenticate"
REALM = 'Bearer realm="stellr"'
# 412, not 409: the condition stood in a header (RFC 9110, 13.1.1).
PRECONDITION_FAILED = (("x-http-code", "412"),)
_ABOUT_TOKENS = {each.reason for each in (TokenInvalid, TokenExpired, TokenStale, SessionEnded)}

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE}


class Refusal(NamedTuple):
    """What a caller is told: a gRPC code, a message, and metadata that carry the details.

    `first` are metadata that must come before: an HTTP status that the code does not stand for.
    """

    code: grpc.StatusCode
    message: str
    metadata: tuple[tuple[str, str | bytes], ...] = ()
    first: tuple[tuple[str, str], ...] = ()


def refusal(error: Exception, call: Call) -> Refusal:
    """What the caller is told of an exception; what nobody expected is logged as our fault."""
    told: Any
    known = as_domain_error(error)
    if known is None:
        call.code, call.reason = Internal.code.name, reason_name(Internal.reason)
        logger.error("unexpected", method=call.method, request_id=call.request_id, exc_info=error)
        known = Internal(f"something went wrong on our side (request {call.request_id})")
        told = rpc_status.to_status(status(known))
        return Refusal(known.code, known.message, told.trailing_metadata)
    if known is not error:
        # The kind alone: what PostgreSQL says may quote what a person wrote.
        cause = type(_cause(error)).__name__
        logger.warning("refused", request_id=call.request_id, cause=cause)
    call.code, call.reason = known.code.name, reason_name(known.reason)
    told = rpc_status.to_status(status(known))
    metadata = (*told.trailing_metadata, *_retry_after(known), *_challenge(known, call))
    if isinstance(known, RateLimited):
        call.limit = known.name
    is_stale = isinstance(known, EtagStale) and call.if_match
    first = PRECONDITION_FAILED if is_stale else ()
    return Refusal(known.code, _shortened(known.message), metadata, first)


def as_domain_error(error: BaseException) -> DomainError | None:
    """The refusal that an exception stands for; None where it is a fault of ours."""
    cause = _cause(error)
    if isinstance(cause, DomainError):
        return cause
    for kinds, told in _TOLD:
        if isinstance(cause, kinds):
            return told()
    if isinstance(cause, OSError) and cause.errno in _NO_ROOM:
        # The disk is full, say: it may be mended while the caller tries again.
        return StorageUnavailable()
    return None


# In order: the first that fits is told.
_TOLD: Sequence[tuple[tuple[type[BaseException], ...], type[DomainError]]] = (
    ((psycopg.errors.QueryCanceled,), DeadlineExceeded),
    ((psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected), Conflict),
    ((psycopg.errors.DiskFull,), StorageUnavailable),
    (
        (
            psycopg.OperationalError,
            psycopg.InterfaceError,
            PoolTimeout,
            PoolClosed,
            TooManyRequests,
        ),
        DatabaseUnavailable,
    ),
    ((psycopg.DataError,), ValueNotStorable),
)


def _cause(error: BaseException) -> BaseException:
    """What SQLAlchemy wraps."""
    return error.orig if isinstance(error, exc.DBAPIError) and error.orig else error


def _retry_after(error: DomainError) -> list[tuple[str, str]]:
    """The header Retry-After (RFC 9110, 10.2.3): whole seconds."""
    seconds = error.retry_after
    return [] if seconds is None else [("retry-after", str(math.ceil(seconds)))]


def _challenge(error: DomainError, call: Call) -> list[tuple[str, str]]:
    """The header WWW-Authenticate of a 401 (RFC 9110, 11.6.1); of what is wrong with a token it
    says that it is one (RFC 6750, 3)."""
    if error.code is not grpc.StatusCode.UNAUTHENTICATED:
        return []
    if not (call.credentials and error.reason in _ABOUT_TOKENS):
        return [(CHALLENGE, REALM)]
    return [(CHALLENGE, f'{REALM}, error="invalid_token", error_description="{error.message}"')]


def status(error: DomainError) -> status_pb2.Status:
    """The google.rpc.Status of an error: code, message, and details for programs."""
    code: int = error.code.value[0]
    found = status_pb2.Status(code=code, message=_shortened(error.message))
    name = reason_name(error.reason)
    info = details.ErrorInfo(reason=name, domain=DOMAIN, metadata=error.metadata)
    found.details.append(_packed(info))
    if isinstance(error, InvalidArgument) and error.violations:
        found.details.append(_packed(_bad_request(error)))
    seconds = error.retry_after
    if seconds is not None:
        retry = details.RetryInfo()
        retry.retry_delay.FromMilliseconds(int(seconds * 1000))
        found.details.append(_packed(retry))
    return found


def _bad_request(error: InvalidArgument) -> details.BadRequest:
    """All that is wrong, as far as there is room, and then how much more."""
    told, left = details.BadRequest(), MAX_VIOLATION_BYTES
    for number, (field, description) in enumerate(error.violations):
        violation = details.BadRequest.FieldViolation(field=field, description=description)
        left -= violation.ByteSize()
        if left < 0:
            rest = len(error.violations) - number
            told.field_violations.add(description=f"{rest:,} more are not told")
            break
        told.field_violations.append(violation)
    return told


def _shortened(message: str) -> str:
    return message if len(message) <= MAX_MESSAGE_CHARS else f"{message[:MAX_MESSAGE_CHARS]}…"


def _packed(message: Message) -> any_pb2.Any:
    packed = any_pb2.Any()
    packed.Pack(message)
    return packed
