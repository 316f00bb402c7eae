"""The RPCs of NotificationInternalService: unpack, one call, repack."""

from __future__ import annotations

import grpc

from services.notification.sending import Messages
from stellr.notification.v1 import notification_internal_service_pb2 as pb
from stellr.notification.v1.notification_internal_service_pb2_grpc import (
    NotificationInternalServiceServicer,
)


class NotificationInternalServicer(NotificationInternalServiceServicer):
    """Tells people things on behalf of the mesh."""

    def __init__(self, messages: Messages) -> None:
        self._messages = messages

    def SendNotification(
        self, request: pb.SendNotificationRequest, context: grpc.ServicerContext
    ) -> pb.SendNotificationResponse:
        """Send a message by mail."""
        self._messages.send(request)
        return pb.SendNotificationResponse()

    def SetContact(
        self, request: pb.SetContactRequest, context: grpc.ServicerContext
    ) -> pb.SetContactResponse:
        """Set how a person is reached."""
        self._messages.set_contact(request)
        return pb.SetContactResponse()
