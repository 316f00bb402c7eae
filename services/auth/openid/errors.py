"""What signing in by a provider may end in."""

from __future__ import annotations

from services.kit.errors import FailedPrecondition, Unauthenticated, Unavailable
from stellr.errors.v1.reason_pb2 import Reason


class OpenIdNotConfigured(FailedPrecondition):
    """No provider is set up."""

    reason = Reason.REASON_OPENID_NOT_CONFIGURED
    message = "signing in by a provider is not set up here"


class OpenIdRefused(Unauthenticated):
    """State, code or token is no good; which of them and why is not told."""

    reason = Reason.REASON_OPENID_REFUSED
    message = "the sign-in is not valid or no longer good: begin anew"


class OpenIdReused(OpenIdRefused):
    """A token came before, and that it came again is kept."""

    commit = True


class OpenIdAddressTaken(OpenIdRefused):
    """The address has an account, and the provider does not speak for it."""

    message = (
        "the address has an account already, and the provider cannot say whose it is today: "
        "sign in by e-mail"
    )


class OpenIdUnavailable(Unavailable):
    """The provider does not answer, or not as a provider."""

    reason = Reason.REASON_OPENID_UNAVAILABLE
    message = "the provider does not answer: try again"
