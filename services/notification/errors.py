"""What notification cannot do now."""

from __future__ import annotations

from services.kit.errors import Unavailable
from stellr.errors.v1.reason_pb2 import Reason


class MailServerUnavailable(Unavailable):
    """The mail server does not answer, or takes no mail for now."""

    reason = Reason.REASON_SERVICE_UNAVAILABLE
    message = "the mail server takes no mail for now"


class TextProviderUnavailable(Unavailable):
    """Who should send SMS does not answer, or takes none for now."""

    reason = Reason.REASON_SERVICE_UNAVAILABLE
    message = "the provider takes no SMS for now"


class PushProviderUnavailable(Unavailable):
    """Who should send push messages does not answer, or takes none for now."""

    reason = Reason.REASON_SERVICE_UNAVAILABLE
    message = "the provider takes no push messages for now"
