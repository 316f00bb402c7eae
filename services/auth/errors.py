"""What auth refuses, by name."""

from __future__ import annotations

from services.kit.errors import (
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    Unauthenticated,
    Unavailable,
    Violation,
)
from stellr.errors.v1.reason_pb2 import Reason


class InvalidCredentials(Unauthenticated):
    """The address or the password is wrong; which of them is not told."""

    reason = Reason.REASON_INVALID_CREDENTIALS
    message = "the address or the password is wrong"


class LoginFailed(InvalidCredentials):
    """A login failed, and that it did is kept."""

    commit = True


class SignInBusy(Unavailable):
    """More passwords wait to be checked than can be soon."""

    reason = Reason.REASON_SIGN_IN_BUSY
    message = "many people are signing in just now: try again"


class CodeInvalid(InvalidArgument):
    """A code is wrong, used up or expired; which of them is not told."""

    reason = Reason.REASON_CODE_INVALID
    message = "the code is wrong or no longer good"
    violations = (Violation("code", "is wrong or no longer good"),)


class LinkInvalid(CodeInvalid):
    """A link is wrong, used up or expired; which of them is not told."""

    message = "the link is wrong or no longer good"
    violations = (Violation("token", "is wrong or no longer good"),)


class RefreshTokenInvalid(Unauthenticated):
    """A refresh token is no longer good."""

    reason = Reason.REASON_REFRESH_TOKEN_INVALID
    message = "the refresh token is no longer good: log in again"


class PasswordNotSet(FailedPrecondition):
    """The account has no password that could be changed."""

    reason = Reason.REASON_PASSWORD_NOT_SET
    message = "there is no password: set one by a mail for a forgotten password"


class OwnAccount(FailedPrecondition):
    """Administrators would shut themselves out."""

    reason = Reason.REASON_OWN_ACCOUNT
    message = "have another administrator do this to your own account"


class AccountNotDeleted(FailedPrecondition):
    """There is nothing to take back."""

    reason = Reason.REASON_ACCOUNT_NOT_DELETED
    message = "the account is not deleted"


class SessionNotFound(NotFound):
    """The person has no such session."""

    reason = Reason.REASON_SESSION_NOT_FOUND
    message = "there is no such session"


class CredentialNotFound(NotFound):
    """The person has no such way to sign in."""

    reason = Reason.REASON_CREDENTIAL_NOT_FOUND
    message = "there is no such way to sign in"


class LastCredential(FailedPrecondition):
    """The person could not sign in without it."""

    reason = Reason.REASON_LAST_CREDENTIAL
    message = "it is the only way to sign in: add another one first"


class AccountNotFound(NotFound):
    """There is no such account."""

    reason = Reason.REASON_ACCOUNT_NOT_FOUND
    message = "there is no such account"
