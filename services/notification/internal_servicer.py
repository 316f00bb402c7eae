"""The RPCs of NotificationInternalService: unpack, one call, repack."""

from __future__ import annotations

from uuid import UUID

import grpc

from services.notification.preferences import Preferences
from services.notification.sending import Messages
from stellr.notification.v1 import notification_internal_service_pb2 as pb
from stellr.notification.v1.notification_internal_service_pb2_grpc import (
    NotificationInternalServiceServicer,
)
from stellr.notification.v1.preferences_pb2 import NotificationPreferences


class NotificationInternalServicer(NotificationInternalServiceServicer):
    """Tells people things on behalf of the mesh."""

    def __init__(self, messages: Messages, preferences: Preferences) -> None:
        self._messages = messages
        self._preferences = preferences

    def SendNotification(
        self, request: pb.SendNotificationRequest, context: grpc.ServicerContext
    ) -> pb.SendNotificationResponse:
        """Send a message by mail or SMS."""
        self._messages.send(request)
        return pb.SendNotificationResponse()

    def SetContact(
        self, request: pb.SetContactRequest, context: grpc.ServicerContext
    ) -> pb.SetContactResponse:
        """Set how a person is reached."""
        self._messages.set_contact(request)
        return pb.SetContactResponse()

    def GetPreferences(
        self, request: pb.GetPreferencesRequest, context: grpc.ServicerContext
    ) -> NotificationPreferences:
        """Get the switches of a person."""
        return self._preferences.get(UUID(request.user_id))

    def UpdatePreferences(
        self, request: pb.UpdatePreferencesRequest, context: grpc.ServicerContext
    ) -> NotificationPreferences:
        """Update switches of a person."""
        user_id, mask = UUID(request.user_id), request.update_mask.paths
        return self._preferences.update(user_id, request.preferences, mask)
