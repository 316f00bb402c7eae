"""What notification cannot do now."""

from __future__ import annotations

from services.kit.errors import FailedPrecondition, NotFound, ResourceExhausted, Unavailable
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


class DeliveryNotFound(NotFound):
    """There is no such delivery."""

    reason = Reason.REASON_DELIVERY_NOT_FOUND
    message = "there is no such delivery"


class DeliveryForgotten(FailedPrecondition):
    """It is not kept any more what the message said."""

    reason = Reason.REASON_DELIVERY_FORGOTTEN
    message = "what the message said is not kept any more"


class TemplateNotFound(NotFound):
    """There are no words under that name."""

    reason = Reason.REASON_TEMPLATE_NOT_FOUND
    message = "there is no such template"


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
