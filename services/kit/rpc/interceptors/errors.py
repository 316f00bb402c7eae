"""The one mapper from exceptions to google.rpc.Status."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import grpc
import structlog
from google.protobuf import any_pb2
from google.protobuf.message import Message
from google.rpc import error_details_pb2 as details
from google.rpc import status_pb2
from grpc_status import rpc_status
from sqlalchemy import exc

from services.kit.call import Call
from services.kit.errors import (
    DOMAIN,
    DatabaseUnavailable,
    DeadlineExceeded,
    DomainError,
    InvalidArgument,
    ValueNotStorable,
    reason_name,
)
from services.kit.rpc.interceptors.base import Bracket

logger = structlog.get_logger("stellr.errors")


class Errors(Bracket):
    """Inside of log and metrics; everything that may refuse comes after it."""

    @contextmanager
    def around(self, call: Call, method_name: str, context: grpc.ServicerContext) -> Iterator[None]:
        """Turn an exception into the status of the call."""
        try:
            yield
        except DomainError as error:
            _refuse(call, context, error)
        except (exc.OperationalError, exc.InterfaceError, exc.TimeoutError) as error:
            logger.warning("database", request_id=call.request_id, error=str(error.args[0]))
            _refuse(call, context, _database_error(error))
        except exc.DataError as error:
            logger.info("unstorable", request_id=call.request_id, error=type(error.orig).__name__)
            _refuse(call, context, ValueNotStorable())
        except grpc.RpcError as error:
            _fail(call, context, error)
        except Exception as error:
            if _already_ended(context):
                raise
            _fail(call, context, error)


def _already_ended(context: Any) -> bool:
    """A handler that used context.abort, or a client that went away, has ended the call itself."""
    return context.code() is not None or not context.is_active()


def _database_error(error: exc.SQLAlchemyError) -> DomainError:
    if "statement timeout" in str(error):
        return DeadlineExceeded()
    return DatabaseUnavailable()


def _refuse(call: Call, context: Any, error: DomainError) -> None:
    call.reason = reason_name(error.reason)
    told = rpc_status.to_status(status(error))
    # Not abort_with_status: it would drop what the trailing metadata hold already.
    trailing = (*(context.trailing_metadata() or ()), *told.trailing_metadata)
    context.set_trailing_metadata((*trailing, *_retry_after(error)))
    context.abort(told.code, told.details)


def _retry_after(error: DomainError) -> list[tuple[str, str]]:
    """The header Retry-After (RFC 9110, 10.2.3): whole seconds."""
    if error.retry_after is not None:
        return [("retry-after", str(math.ceil(error.retry_after)))]
    return []


def _fail(call: Call, context: Any, error: BaseException) -> None:
    call.reason = "INTERNAL"
    logger.error("unexpected", method=call.method, request_id=call.request_id, exc_info=error)
    message = f"something went wrong on our side (request {call.request_id})"
    context.abort(grpc.StatusCode.INTERNAL, message)


def status(error: DomainError) -> status_pb2.Status:
    """The google.rpc.Status of an error: code, message, and details for programs (AIP-193)."""
    code: int = error.code.value[0]
    found = status_pb2.Status(code=code, message=error.message)
    name = reason_name(error.reason)
    info = details.ErrorInfo(reason=name, domain=DOMAIN, metadata=error.metadata)
    found.details.append(_packed(info))
    if isinstance(error, InvalidArgument) and error.violations:
        found.details.append(_packed(_bad_request(error)))
    if error.retry_after is not None:
        retry = details.RetryInfo()
        retry.retry_delay.FromMilliseconds(int(error.retry_after * 1000))
        found.details.append(_packed(retry))
    return found


def _bad_request(error: InvalidArgument) -> details.BadRequest:
    violations = [
        details.BadRequest.FieldViolation(field=field, description=description)
        for field, description in error.violations
    ]
    return details.BadRequest(field_violations=violations)


def _packed(message: Message) -> any_pb2.Any:
    packed = any_pb2.Any()
    packed.Pack(message)
    return packed
