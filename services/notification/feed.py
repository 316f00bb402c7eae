"""The feed in the app: what comes into it, what its person reads of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.kit.data.database import Database
from services.kit.data.pages import PageTokens, page_size
from services.kit.data.purge import BATCH
from services.kit.events.events import Events
from services.notification.errors import NotificationNotFound
from services.notification.repository import feed as repository
from services.notification.repository.feed import Item, NewItem, Page
from stellr.notification.v1.events_pb2 import FeedsChanged


class Feed:
    """The feeds of all persons."""

    def __init__(self, database: Database, events: Events, tokens: PageTokens) -> None:
        self._database = database
        self._events = events
        self._tokens = tokens

    def add(self, items: Sequence[NewItem]) -> None:
        """Add items, each to another person's feed, a few hundred at most; in a transaction.

        What is there already, and what is for who was erased, is let be.
        """
        self._tell(repository.add(self._database, items))

    def list(self, user_id: UUID, size: int, token: str, *, unread_only: bool) -> tuple[Page, str]:
        """A page of the newest items first, and the token of the next; InvalidFields."""
        scope = f"notifications {user_id} {unread_only}"
        place, wanted = self._tokens.read(token, scope), page_size(size)
        before = int(place[0]) if place else None
        page = repository.list_items(
            self._database, user_id, before, wanted + 1, unread_only=unread_only
        )
        items, following = self._tokens.page(page.items, wanted, scope, _key)
        return page._replace(items=list(items)), following

    def mark_read(self, user_id: UUID, notification_id: UUID | None) -> Item:
        """Mark an item as read; NotificationNotFound."""
        item = None
        if notification_id is not None:
            item = repository.mark_read(self._database, user_id, notification_id)
        if item is None:
            raise NotificationNotFound
        self._tell([user_id])
        return item

    def mark_all_read(self, user_id: UUID, until: datetime | None) -> int:
        """Mark as read what came up to a moment, or by now; how many are still unread."""
        if repository.mark_all_read(self._database, user_id, until):
            self._tell([user_id])
        return repository.count_unread(self._database, user_id)

    def purge(self) -> bool:
        """Forget a batch of what has expired; whether there may be more."""
        return repository.purge(self._database, BATCH)

    def _tell(self, user_ids: Sequence[UUID]) -> None:
        if user_ids:
            self._events.append(FeedsChanged(user_ids=map(str, user_ids)))


def _key(item: Item) -> list[int]:
    return [item.position]
