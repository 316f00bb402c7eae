"""What notification cannot do now."""

from __future__ import annotations

from services.kit.errors import NotFound, ResourceExhausted, Unavailable
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


class NotificationNotFound(NotFound):
    """It is not in the caller's feed."""

    reason = Reason.REASON_NOTIFICATION_NOT_FOUND
    message = "there is no such message"


class DeviceNotFound(NotFound):
    """The caller has no such device."""

    reason = Reason.REASON_DEVICE_NOT_FOUND
    message = "there is no such device"


class TooManyStreams(ResourceExhausted):
    """The caller has as many streams open as may be."""

    reason = Reason.REASON_TOO_MANY_STREAMS
    message = "you have too many streams open: close one first"
    retry_after = 10.0


class ProviderBusy(ResourceExhausted):
    """Who should send messages said when to come again."""

    reason = Reason.REASON_RATE_LIMITED
    message = "the provider takes no messages for now"

    def __init__(self, retry_after: float) -> None:
        super().__init__(self.message)
        self.retry_after = retry_after
