"""The RPCs of FeedService: unpack, one call, repack."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import UTC
from typing import Any

import grpc

from services.kit import call as calls
from services.kit.data.tables import as_uuid
from services.notification.feed import Feed
from services.notification.feed_streams import FeedStreams
from services.notification.feed_views import feed_item, feed_page
from services.notification.standing import Standing
from stellr.notification.v1 import feed_service_pb2 as pb
from stellr.notification.v1.feed_pb2 import FeedItem
from stellr.notification.v1.feed_service_pb2_grpc import FeedServiceServicer

LAST_EVENT = "last-event-id"
LONGEST_POSITION = 18


class FeedServicer(FeedServiceServicer):
    """Shows people what they were told in the app."""

    def __init__(self, feed: Feed, streams: FeedStreams, standing: Standing) -> None:
        self._feed = feed
        self._streams = streams
        self._standing = standing

    def ListNotifications(
        self, request: pb.ListNotificationsRequest, context: grpc.ServicerContext
    ) -> pb.ListNotificationsResponse:
        """List what the caller was told."""
        page, following = self._feed.list(
            calls.user_id(), request.page_size, request.page_token, unread_only=request.unread_only
        )
        return feed_page(page, following)

    def MarkRead(self, request: pb.MarkReadRequest, context: grpc.ServicerContext) -> FeedItem:
        """Mark a message as read."""
        return feed_item(self._feed.mark_read(calls.user_id(), as_uuid(request.notification_id)))

    def MarkAllRead(
        self, request: pb.MarkAllReadRequest, context: grpc.ServicerContext
    ) -> pb.MarkAllReadResponse:
        """Mark all messages as read that came up to a moment."""
        until = request.until_time.ToDatetime(UTC) if request.HasField("until_time") else None
        return pb.MarkAllReadResponse(unread_count=self._feed.mark_all_read(calls.user_id(), until))

    def StreamNotifications(
        self, request: pb.StreamNotificationsRequest, context: Any
    ) -> AsyncGenerator[pb.StreamNotificationsResponse, None]:
        """Tell what comes into the feed as it comes."""
        since = request.since or _last_event(context)
        return self._streams.follow(
            self._standing.token(), int(since) if since else None, context.time_remaining()
        )


def _last_event(context: Any) -> str:
    """Where the caller was, as browsers say it (HTML, server-sent events); "" for what is none."""
    told = dict(context.invocation_metadata()).get(LAST_EVENT, "")
    return told if told.isdecimal() and len(told) <= LONGEST_POSITION else ""
