"""What persons were told in the app.

Each person's feed counts its items: whoever adds one holds the person's row in `feeds` until the
commit. So whoever has read up to a position has missed nothing before it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.kit.data.database import Database
from services.kit.data.statements import Statement, Write, nothing, scalar

# Of older ones a person keeps no more.
MOST_ITEMS = 500


class NewItem(NamedTuple):
    """An item that is to be."""

    notification_id: UUID
    user_id: UUID
    template: str
    category: str
    language: str
    title: str
    body: str
    link: str
    days: int
    """Until it expires."""


class Item(NamedTuple):
    """An item of a feed."""

    position: int
    notification_id: UUID
    template: str
    category: str
    language: str
    title: str
    body: str
    link: str
    created_at: datetime
    read_at: datetime | None
    expire_at: datetime


class Page(NamedTuple):
    """Items, and what holds for all of the feed."""

    items: list[Item]
    unread_count: int
    position: int


class News(NamedTuple):
    """What came into a person's feed after a position, and what holds for all of the feed."""

    user_id: UUID
    unread_count: int
    position: int
    items: list[Item]


_WRITTEN = "notification_id, template, category, language, title, body, link"
_NEW = "notification_id, user_id, template, category, language, title, body, link"
_ITEM = f"position, {_WRITTEN}, created_at, read_at, expire_at"
_UNREAD = """
    SELECT count(*)::int FROM feed_items
    WHERE user_id = {user_id} AND read_at IS NULL AND expire_at > now()
"""
# In order of the persons, so that two who add to many never wait for each other in a circle. The
# time is that at which the person's row is held: items are in order of it, too.
_ADD = Write(
    f"""
    WITH asked AS (
        SELECT *, count(*) OVER (PARTITION BY user_id) AS many,
            row_number() OVER (PARTITION BY user_id ORDER BY place) AS nth
        FROM unnest(CAST(:notification_ids AS uuid[]), CAST(:user_ids AS uuid[]),
            CAST(:templates AS text[]), CAST(:categories AS text[]), CAST(:languages AS text[]),
            CAST(:titles AS text[]), CAST(:bodies AS text[]), CAST(:links AS text[]),
            CAST(:days AS integer[])) WITH ORDINALITY
        AS new ({_NEW}, days, place)
        WHERE NOT EXISTS (
            SELECT FROM feed_items AS item WHERE item.notification_id = new.notification_id
        )
    ), placed AS (
        INSERT INTO feeds AS feed (user_id, position)
        SELECT user_id, count(*) FROM asked GROUP BY user_id ORDER BY user_id
        ON CONFLICT (user_id) DO UPDATE SET position = feed.position + excluded.position
        RETURNING user_id, position, clock_timestamp() AS held_at
    )
    INSERT INTO feed_items (user_id, position, {_WRITTEN}, created_at, expire_at)
    SELECT user_id, position - many + nth, {_WRITTEN}, held_at + nth * interval '1 microsecond',
        held_at + make_interval(days => days)
    FROM asked JOIN placed USING (user_id)
    ON CONFLICT (notification_id) DO NOTHING
    RETURNING user_id
    """,
    scalar,
)
_DROP_OLDEST = Write(
    """
    DELETE FROM feed_items USING feeds WHERE feeds.user_id = ANY (:user_ids)
    AND feed_items.user_id = feeds.user_id AND feed_items.position <= feeds.position - :most
    """,
    nothing,
)
_LIST = Statement(
    f"""
    SELECT unread, coalesce(feed.position, 0), item.*
    FROM ({_UNREAD.format(user_id=":user_id")}) AS counted (unread)
    LEFT JOIN feeds AS feed ON feed.user_id = :user_id
    LEFT JOIN LATERAL (
        SELECT {_ITEM} FROM feed_items
        WHERE user_id = :user_id AND expire_at > now()
        AND (CAST(:before AS bigint) IS NULL OR position < CAST(:before AS bigint))
        AND NOT (:unread_only AND read_at IS NOT NULL)
        ORDER BY position DESC LIMIT :limit
    ) AS item ON true
    """,
    lambda unread, position, *item: (unread, position, Item(*item) if item[0] else None),
)
_MARK_READ = Write(
    f"""
    UPDATE feed_items SET read_at = coalesce(read_at, now())
    WHERE user_id = :user_id AND notification_id = :notification_id AND expire_at > now()
    RETURNING {_ITEM}
    """,
    Item,
)
_MARK_ALL_READ = Write(
    """
    UPDATE feed_items SET read_at = now()
    WHERE user_id = :user_id AND read_at IS NULL
    AND created_at <= coalesce(CAST(:until AS timestamptz), clock_timestamp())
    """,
    nothing,
)
_COUNT_UNREAD = Statement(_UNREAD.format(user_id=":user_id"), scalar)
# A person's items in one array of rows, so that all persons are one answer.
_NEWS = Statement(
    f"""
    SELECT asked.user_id, ({_UNREAD.format(user_id="asked.user_id")}), coalesce(feed.position, 0),
        item.*
    FROM unnest(CAST(:user_ids AS uuid[]), CAST(:positions AS bigint[]))
        AS asked (user_id, after)
    LEFT JOIN feeds AS feed USING (user_id)
    LEFT JOIN LATERAL (
        SELECT {_ITEM} FROM feed_items
        WHERE user_id = asked.user_id AND position > asked.after AND expire_at > now()
        ORDER BY position LIMIT :limit
    ) AS item ON true
    ORDER BY asked.user_id, item.position
    """,
    lambda user_id, unread, position, *item: (
        user_id,
        unread,
        position,
        Item(*item) if item[0] else None,
    ),
)
_PURGE = Write(
    """
    DELETE FROM feed_items WHERE notification_id IN (
        SELECT notification_id FROM feed_items WHERE expire_at < now()
        LIMIT :batch FOR UPDATE SKIP LOCKED
    )
    """,
    nothing,
)
_ALL = Statement(f"SELECT {_ITEM} FROM feed_items WHERE user_id = :user_id ORDER BY position", Item)


def add(db: Database, items: Sequence[NewItem]) -> list[UUID]:
    """Add items; the persons whose feeds have something new.

    What is there already is let be.
    """
    found = db.all(
        _ADD,
        notification_ids=[item.notification_id for item in items],
        user_ids=[item.user_id for item in items],
        templates=[item.template for item in items],
        categories=[item.category for item in items],
        languages=[item.language for item in items],
        titles=[item.title for item in items],
        bodies=[item.body for item in items],
        links=[item.link for item in items],
        days=[item.days for item in items],
    )
    told = list(dict.fromkeys(found))
    if told:
        db.run(_DROP_OLDEST, user_ids=told, most=MOST_ITEMS)
    return told


def list_items(
    db: Database, user_id: UUID, before: int | None, limit: int, *, unread_only: bool
) -> Page:
    """The newest items before a position."""
    rows = db.all(_LIST, user_id=user_id, before=before, limit=limit, unread_only=unread_only)
    unread, position, _ = rows[0]
    return Page([item for *_, item in rows if item], unread, position)


def mark_read(db: Database, user_id: UUID, notification_id: UUID) -> Item | None:
    """Mark an item as read; None where it is not in the person's feed."""
    return db.first(_MARK_READ, user_id=user_id, notification_id=notification_id)


def mark_all_read(db: Database, user_id: UUID, until: datetime | None) -> int:
    """Mark as read what came up to a moment, or by now; how many were not."""
    return db.run(_MARK_ALL_READ, user_id=user_id, until=until)


def count_unread(db: Database, user_id: UUID) -> int:
    """How many are not read."""
    count: int = db.one(_COUNT_UNREAD, user_id=user_id)
    return count


def find_news(db: Database, after: Mapping[UUID, int], limit: int) -> list[News]:
    """What came into each of these feeds after the position given, at most `limit` items each."""
    news: dict[UUID, News] = {}
    rows = db.all(_NEWS, user_ids=list(after), positions=list(after.values()), limit=limit)
    for user_id, unread, position, item in rows:
        told = news.setdefault(user_id, News(user_id, unread, position, []))
        if item:
            told.items.append(item)
    return list(news.values())


def every_item(db: Database, user_id: UUID) -> list[Item]:
    """All items of a person, the oldest first."""
    return db.all(_ALL, user_id=user_id)


def purge(db: Database, batch: int) -> bool:
    """Forget a batch of what has expired; whether there may be more."""
    return db.run(_PURGE, batch=batch) == batch
