"""What auth refuses, by name."""

from __future__ import annotations

from services.kit.errors import InvalidArgument, NotFound, Unauthenticated, Violation
from stellr.errors.v1.reason_pb2 import Reason


class InvalidCredentials(Unauthenticated):
    """The address or the password is wrong; which of them is not told."""

    reason = Reason.REASON_INVALID_CREDENTIALS
    message = "the address or the password is wrong"


class CodeInvalid(InvalidArgument):
    """A code is wrong, used up or expired; which of them is not told. The guess stays counted."""

    reason = Reason.REASON_CODE_INVALID
    message = "the code is wrong or no longer good"
    violations = (Violation("code", "is wrong or no longer good"),)
    commit = True


class RefreshTokenInvalid(Unauthenticated):
    """A refresh token is no longer good. The end of its session is kept."""

    reason = Reason.REASON_REFRESH_TOKEN_INVALID
    message = "the refresh token is no longer good: log in again"
    commit = True


class AccountNotFound(NotFound):
    """There is no such account."""

    reason = Reason.REASON_ACCOUNT_NOT_FOUND
    message = "there is no such account"
