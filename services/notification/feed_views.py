"""Feeds as clients see them."""

from __future__ import annotations

from services.kit.data.tables import timestamp
from services.notification.repository.feed import Item, Page
from stellr.notification.v1 import feed_service_pb2 as pb
from stellr.notification.v1.feed_pb2 import FeedItem


def feed_item(item: Item) -> FeedItem:
    """An item."""
    return FeedItem(
        notification_id=str(item.notification_id),
        title=item.title,
        body=item.body,
        link=item.link,
        category=item.category,
        template=item.template,
        language=item.language,
        create_time=timestamp(item.created_at),
        read_time=timestamp(item.read_at),
        expire_time=timestamp(item.expire_at),
    )


def feed_page(page: Page, next_page_token: str) -> pb.ListNotificationsResponse:
    """A page of a feed."""
    return pb.ListNotificationsResponse(
        notifications=map(feed_item, page.items),
        next_page_token=next_page_token,
        unread_count=page.unread_count,
        position=str(page.position),
    )


def told(item: Item | None, position: int, unread_count: int) -> pb.StreamNotificationsResponse:
    """What a stream tells."""
    return pb.StreamNotificationsResponse(
        position=str(position),
        notification=feed_item(item) if item else None,
        unread_count=unread_count,
    )
