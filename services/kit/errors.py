"""The typed errors that domain code raises; one interceptor turns them into google.rpc.Status.

First the kinds, one for each gRPC code; then the errors that the kit itself raises. A domain has
its own in `services/<domain>/errors.py`: a class of one of the kinds, with its reason and message.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import grpc

from stellr.errors.v1.reason_pb2 import Reason

DOMAIN = "stellr.academy"
PREFIX = "REASON_"
# What the whole of a request's body is called where that is one field, whose name nobody sent.
BODY = "body"


class Violation(NamedTuple):
    """What is wrong with one field of a request: its path in lowerCamelCase, and why."""

    field: str
    description: str


class DomainError(Exception):
    """A refusal that the caller is told.

    `reason` is for programs, `message` for people. With `commit` what the request wrote is kept: a
    counted guess must stay counted.
    """

    code: ClassVar[grpc.StatusCode]
    commit: ClassVar[bool] = False
    # Seconds after which trying again may help, for Retry-After; None where that is not known.
    retry_after: float | None = None
    reason: Reason.ValueType
    message: str

    def __init__(
        self,
        message: str | None = None,
        *,
        reason: Reason.ValueType | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        """By default what the class says; a `reason` of its own is for what a peer told."""
        self.message = self.message if message is None else message
        self.reason = self.reason if reason is None else reason
        self.metadata = dict(metadata or {})
        super().__init__(self.message)


def reason_name(reason: Reason.ValueType) -> str:
    """The reason as google.rpc.ErrorInfo and logs have it: COURSE_NOT_FOUND."""
    return Reason.Name(reason).removeprefix(PREFIX)


def reason_named(name: str) -> Reason.ValueType:
    """The reason of a google.rpc.ErrorInfo; REASON_UNSPECIFIED where this service knows none."""
    try:
        return Reason.Value(f"{PREFIX}{name}")
    except ValueError:
        return Reason.REASON_UNSPECIFIED


class InvalidArgument(DomainError):
    """400: the request itself is wrong, whatever the state of things."""

    code = grpc.StatusCode.INVALID_ARGUMENT
    violations: Sequence[Violation] = ()


class Unauthenticated(DomainError):
    """401: nobody is signed in, or the credentials are no good."""

    code = grpc.StatusCode.UNAUTHENTICATED


class PermissionDenied(DomainError):
    """403: the caller is known and lacks a role."""

    code = grpc.StatusCode.PERMISSION_DENIED


class NotFound(DomainError):
    """404: it does not exist, or the caller may not see it."""

    code = grpc.StatusCode.NOT_FOUND


class AlreadyExists(DomainError):
    """409: there is one already."""

    code = grpc.StatusCode.ALREADY_EXISTS


class Aborted(DomainError):
    """409: somebody else was faster; read again and retry."""

    code = grpc.StatusCode.ABORTED


class FailedPrecondition(DomainError):
    """400: the state of things refuses it."""

    code = grpc.StatusCode.FAILED_PRECONDITION


class ResourceExhausted(DomainError):
    """429: too much."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED


class DeadlineExceeded(DomainError):
    """504: the time the caller gave is over."""

    code = grpc.StatusCode.DEADLINE_EXCEEDED
    reason = Reason.REASON_DEADLINE_EXCEEDED
    message = "the request took too long"


class Unavailable(DomainError):
    """503: a part of the academy is away; trying again may help."""

    code = grpc.StatusCode.UNAVAILABLE
    retry_after = 1.0


class OutOfRange(DomainError):
    """Nothing is there; in HTTP 416 where it is about bytes."""

    code = grpc.StatusCode.OUT_OF_RANGE


class Internal(DomainError):
    """500: a fault of ours."""

    code = grpc.StatusCode.INTERNAL
    reason = Reason.REASON_INTERNAL
    message = "something went wrong on our side"


# What a caller hears of another service's refusal. Any other code there is a fault of ours.
FROM_PEER: Mapping[grpc.StatusCode, type[DomainError]] = {
    kind.code: kind
    for kind in (
        InvalidArgument,
        Unauthenticated,
        PermissionDenied,
        NotFound,
        AlreadyExists,
        Aborted,
        FailedPrecondition,
        ResourceExhausted,
        DeadlineExceeded,
        Unavailable,
    )
} | {
    # It stopped before it began with the call.
    grpc.StatusCode.CANCELLED: Unavailable
}


class InvalidFields(InvalidArgument):
    """Fields are wrong: all of them, told at once."""

    reason = Reason.REASON_INVALID_FIELDS

    def __init__(self, violations: Sequence[Violation]) -> None:
        self.violations = tuple(violations)
        super().__init__("; ".join(f"{v.field}: {v.description}" for v in self.violations))

    def within(self, field: str) -> InvalidFields:
        """The same as who sent that field alone as the body sees it.

        `title`, not `course.title`; the field itself is `body`.
        """
        above = f"{field}."
        return InvalidFields(
            [
                each._replace(field=BODY if each.field == field else each.field.removeprefix(above))
                for each in self.violations
            ]
        )


def together(*checks: Callable[[], Any]) -> list[Any]:
    """What the checks find; InvalidFields with all that any of them says is wrong."""
    found: list[Any] = []
    wrong: list[Violation] = []
    for check in checks:
        try:
            found.append(check())
        except InvalidFields as error:
            wrong += error.violations
    if wrong:
        raise InvalidFields(wrong)
    return found


class RequestMalformed(InvalidArgument):
    """The bytes are no message."""

    reason = Reason.REASON_REQUEST_MALFORMED
    message = "the request is not a message of this method, or a text in it is not UTF-8"


class RequestTooLarge(InvalidArgument):
    """The bytes of the request are more than any such request needs."""

    reason = Reason.REASON_REQUEST_TOO_LARGE
    message = "the request is too large"


class BodyTooLarge(ResourceExhausted):
    """The body has more bytes than its path takes; 413 in HTTP."""

    reason = Reason.REASON_BODY_TOO_LARGE
    message = "the body is too large"


class RequestTooSlow(DeadlineExceeded):
    """The body did not come in time; 408 in HTTP."""

    reason = Reason.REASON_REQUEST_TOO_SLOW
    message = "the request came too slowly"


class ValueNotStorable(InvalidArgument):
    """A NUL in a text, a number beyond its column: what no field bounds and no column holds."""

    reason = Reason.REASON_VALUE_NOT_STORABLE
    message = "a value has characters or a size that cannot be stored"


class EtagStale(Aborted):
    """It was changed since the etag was read."""

    reason = Reason.REASON_ETAG_STALE
    message = "it was changed meanwhile: read it again"


class Conflict(Aborted):
    """Somebody else changed the same at the same moment."""

    reason = Reason.REASON_CONFLICT
    message = "somebody else was faster: try again"


class IdempotencyKeyReused(Aborted):
    """The key came with another request before."""

    reason = Reason.REASON_IDEMPOTENCY_KEY_REUSED
    message = "this Idempotency-Key came with another request"


class RateLimited(ResourceExhausted):
    """Too many calls of the limit `name`; good again in `retry_after` seconds."""

    reason = Reason.REASON_RATE_LIMITED

    def __init__(self, name: str, retry_after: float) -> None:
        super().__init__(f"too many requests ({name}): try again later")
        self.name = name
        self.retry_after = retry_after


class ServiceUnavailable(Unavailable):
    """Another service, or a part of this one, does not answer."""

    reason = Reason.REASON_SERVICE_UNAVAILABLE
    message = "a service does not answer: try again"


class DatabaseUnavailable(Unavailable):
    """The database does not answer."""

    reason = Reason.REASON_DATABASE_UNAVAILABLE
    message = "the service cannot work just now: try again"


class StorageUnavailable(Unavailable):
    """The disk takes nothing."""

    reason = Reason.REASON_STORAGE_UNAVAILABLE
    message = "the service cannot write just now: try again"


class KeysUnavailable(Unavailable):
    """Without any keys nobody can tell a bad token from a good one."""

    reason = Reason.REASON_KEYS_UNAVAILABLE
    message = "tokens cannot be checked just now: try again"


class SignInRequired(Unauthenticated):
    """Nobody is signed in."""

    reason = Reason.REASON_SIGN_IN_REQUIRED
    message = "sign in first"


class TokenInvalid(Unauthenticated):
    """No token, or not one of ours."""

    reason = Reason.REASON_TOKEN_INVALID
    message = "the token is not valid"


class TokenExpired(Unauthenticated):
    """The access token was good."""

    reason = Reason.REASON_TOKEN_EXPIRED
    message = "the access token expired: refresh it"


class TokenStale(Unauthenticated):
    """The access token carries old roles."""

    reason = Reason.REASON_TOKEN_STALE
    message = "your roles changed: refresh the token"


class SessionEnded(Unauthenticated):
    """The session of the access token ended."""

    reason = Reason.REASON_SESSION_ENDED
    message = "the session ended: log in again"


class RoleRequired(PermissionDenied):
    """The caller has none of the roles."""

    reason = Reason.REASON_ROLE_REQUIRED
    message = "this is for other roles"


class AccountDeleted(PermissionDenied):
    """The caller deleted the account, and may do little more than take that back."""

    reason = Reason.REASON_ACCOUNT_DELETED
    message = "the account is deleted: restore it first"


class LinkInvalid(PermissionDenied):
    """The link was not given out, or something in it was altered."""

    reason = Reason.REASON_LINK_INVALID
    message = "the link is not valid: get a new one"


class LinkExpired(PermissionDenied):
    """The time of the link is over, or the session that it was given to ended."""

    reason = Reason.REASON_LINK_EXPIRED
    message = "the link is no longer good: get a new one"


class RangeNotSatisfiable(OutOfRange):
    """The file has no bytes there."""

    reason = Reason.REASON_RANGE_NOT_SATISFIABLE
    message = "the file has no bytes in this range"


class RevocationsUnavailable(Unavailable):
    """Who was signed out is not known, so nobody may write."""

    reason = Reason.REASON_REVOCATIONS_UNAVAILABLE
    message = "who is signed in cannot be checked just now: try again"


class ServiceIdentityRequired(Unauthenticated):
    """Only services may call."""

    reason = Reason.REASON_SERVICE_IDENTITY_REQUIRED
    message = "only services may call this"


class CallerNotAllowed(PermissionDenied):
    """This service may not call the method."""

    reason = Reason.REASON_CALLER_NOT_ALLOWED
    message = "this service may not call this"


class ResourceNotFound(NotFound):
    """The data are another person's, which to the caller is the same as not there."""

    reason = Reason.REASON_NOT_FOUND
    message = "there is no such thing"
