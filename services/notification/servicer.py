"""The RPCs of NotificationService: unpack, one call, repack."""

from __future__ import annotations

import grpc

from services.kit import call
from services.notification.preferences import Preferences
from services.notification.sending import Messages
from stellr.notification.v1 import notification_service_pb2 as pb
from stellr.notification.v1.notification_service_pb2_grpc import NotificationServiceServicer
from stellr.notification.v1.preferences_pb2 import NotificationPreferences


class NotificationServicer(NotificationServiceServicer):
    """Tells people things, and lets them say what they want to hear of."""

    def __init__(self, messages: Messages, preferences: Preferences) -> None:
        self._messages = messages
        self._preferences = preferences

    def GetNotificationPreferences(
        self, request: pb.GetNotificationPreferencesRequest, context: grpc.ServicerContext
    ) -> NotificationPreferences:
        """The caller's switches."""
        return self._preferences.get(call.user_id())

    def UpdateNotificationPreferences(
        self, request: pb.UpdateNotificationPreferencesRequest, context: grpc.ServicerContext
    ) -> NotificationPreferences:
        """Change switches of the caller."""
        mask = request.update_mask.paths
        return self._preferences.update(call.user_id(), request.preferences, mask)
