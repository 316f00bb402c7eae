"""The feed in the app: what comes into it, what its person reads of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from services.kit.data.database import Database
from services.kit.data.pages import PageTokens, page_size
from services.kit.data.purge import BATCH
from services.kit.events.events import Events
from services.notification.channels import Message
from services.notification.errors import NotificationNotFound
from services.notification.repository import feed as repository
from services.notification.repository.feed import Item, NewItem, Page
from services.notification.switches import CATEGORY
from services.notification.templates import Brief, from_json, has_brief, render_brief
from stellr.notification.v1.events_pb2 import FeedsChanged

BATCH_OF_ITEMS = 500
# Until an item leaves the feed.
DAYS = 90


class Feed:
    """The feeds of all persons."""

    def __init__(
        self, database: Database, events: Events, tokens: PageTokens, public_url: str
    ) -> None:
        self._database = database
        self._events = events
        self._tokens = tokens
        self._public_url = public_url

    def add(self, messages: Sequence[Message]) -> None:
        """Show messages to their persons, in the open transaction, in which their cards are held.

        What is there already is let be.
        """
        # In order of the persons, as in each batch: who adds to many waits for nobody in a circle.
        items = sorted(self._items(messages), key=lambda item: item.user_id)
        for first in range(0, len(items), BATCH_OF_ITEMS):
            self._tell(repository.add(self._database, items[first : first + BATCH_OF_ITEMS]))

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

    def _items(self, messages: Sequence[Message]) -> Iterator[NewItem]:
        """The messages in words: what many get is written once for each language."""
        written: dict[tuple[str, str, int], Brief] = {}
        for message in messages:
            template, locale = message.template, message.card.locale
            if message.user_id is None or not has_brief(template):
                continue
            key = (template, locale, id(message.data))
            if key not in written:
                given = from_json(template, dict(message.data))
                written[key] = render_brief(given, locale=locale)
            yield self._item(message, message.user_id, written[key])

    def _item(self, message: Message, user_id: UUID, brief: Brief) -> NewItem:
        return NewItem(
            notification_id=message.notification_id,
            user_id=user_id,
            template=message.template,
            category=CATEGORY[message.template],
            language=brief.language,
            title=brief.title,
            body=brief.whole,
            link=self._public_url + brief.path,
            days=DAYS,
        )

    def _tell(self, user_ids: Sequence[UUID]) -> None:
        if user_ids:
            self._events.append(FeedsChanged(user_ids=map(str, user_ids)))


def _key(item: Item) -> list[int]:
    return [item.position]
