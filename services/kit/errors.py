"""The typed errors that domain code raises; one interceptor turns them into google.rpc.Status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, NamedTuple

import grpc

DOMAIN = "stellr.academy"


class Violation(NamedTuple):
    """What is wrong with one field of a request: its path in lowerCamelCase, and why."""

    field: str
    description: str


class DomainError(Exception):
    """A refusal that the caller is told.

    `reason` is stable, for programs (UPPER_SNAKE_CASE, google.rpc.ErrorInfo); `message` is for
    people. With `commit` what the request wrote is kept: a counted guess must stay counted.
    """

    code: ClassVar[grpc.StatusCode] = grpc.StatusCode.UNKNOWN

    def __init__(
        self,
        reason: str,
        message: str,
        *,
        metadata: Mapping[str, str] | None = None,
        commit: bool = False,
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.metadata = dict(metadata or {})
        self.commit = commit


class InvalidArgument(DomainError):
    """400: the request itself is wrong, whatever the state of things."""

    code = grpc.StatusCode.INVALID_ARGUMENT

    def __init__(
        self,
        reason: str,
        message: str,
        *,
        violations: Sequence[Violation] = (),
        metadata: Mapping[str, str] | None = None,
        commit: bool = False,
    ) -> None:
        super().__init__(reason, message, metadata=metadata, commit=commit)
        self.violations = tuple(violations)

    @classmethod
    def of(cls, violations: Sequence[Violation]) -> InvalidArgument:
        """The error for fields that are wrong, all of them at once."""
        text = "; ".join(f"{v.field}: {v.description}" for v in violations)
        return cls("INVALID_FIELDS", text, violations=violations)


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
    """429: too much; `retry_after` is in seconds."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED

    def __init__(
        self,
        reason: str,
        message: str,
        *,
        retry_after: float | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(reason, message, metadata=metadata)
        self.retry_after = retry_after


class DeadlineExceeded(DomainError):
    """504: the time the caller gave is over."""

    code = grpc.StatusCode.DEADLINE_EXCEEDED


class Unavailable(DomainError):
    """503: a part of the academy is away; trying again may help."""

    code = grpc.StatusCode.UNAVAILABLE


# What a caller hears of another service's refusal. Any other code there is a fault of ours.
FROM_PEER: Mapping[grpc.StatusCode, type[DomainError]] = {
    kind.code: kind
    for kind in (
        InvalidArgument,
        Unauthenticated,
        NotFound,
        AlreadyExists,
        Aborted,
        FailedPrecondition,
        ResourceExhausted,
        DeadlineExceeded,
        Unavailable,
    )
}
