"""What a feed keeps, and for how long."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from services.notification import feed
from services.notification.channels import Message
from services.notification.repository import cards
from services.notification.repository import feed as repository
from services.notification.repository.feed import MOST_ITEMS, Item
from tests.services.notification.desk import Desk, MakeDesk
from tests.services.notification.requests import address, card

NEWS = {"title": "News", "body": "First.\n\nSecond."}


def person(here: Desk, **more: str) -> UUID:
    user_id = uuid4()
    here.set_contact(card(str(user_id), email=address(), **more))
    return user_id


def add(here: Desk, *persons: UUID) -> None:
    with here.database.transaction():
        known = {each: cards.lock_card(here.database, each) for each in sorted(set(persons))}
        messages = [
            Message(uuid4(), each, "announcement", NEWS, None, found)
            for each in persons
            if (found := known[each])
        ]
        here.house.feed.add(messages)


def items(here: Desk, user_id: UUID) -> list[Item]:
    return repository.every_item(here.database, user_id)


def test_an_announcement_is_there_whole_in_the_persons_language(desk: MakeDesk) -> None:
    here = desk()
    user_id = person(here, locale="de-AT")
    add(here, user_id)
    (item,) = items(here, user_id)
    assert (item.title, item.body) == ("News", "First.\n\nSecond.")
    assert item.language == "de"
    assert abs(item.expire_at - item.created_at - timedelta(days=90)) < timedelta(seconds=1)


def test_places_have_no_gaps_and_are_in_order_of_time(desk: MakeDesk) -> None:
    here = desk()
    persons = [person(here) for _ in range(3)]
    with ThreadPoolExecutor(5) as pool:
        list(pool.map(lambda _: add(here, *persons, persons[0]), range(20)))
    for user_id, count in zip(persons, (40, 20, 20), strict=True):
        found = items(here, user_id)
        assert [item.position for item in found] == list(range(1, count + 1))
        times = [item.created_at for item in found]
        assert times == sorted(set(times))


def test_who_adds_to_many_waits_for_nobody_in_a_circle(
    desk: MakeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two who send to the same persons in other orders, in several batches."""
    monkeypatch.setattr(feed, "BATCH_OF_ITEMS", 1)
    here = desk()
    persons = [person(here) for _ in range(40)]

    def push(turn: int) -> None:
        with here.database.transaction():
            known = cards.share_cards(here.database, persons)
            order = persons[:: 1 if turn % 2 else -1]
            messages = [
                Message(uuid4(), each, "announcement", NEWS, None, known[each]) for each in order
            ]
            here.house.feed.add(messages)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(push, range(12)))
    assert [len(items(here, each)) for each in persons] == [12] * 40


def test_of_more_than_five_hundred_the_oldest_leave(desk: MakeDesk) -> None:
    here = desk()
    user_id, other = person(here), person(here)
    add(here, other)
    add(here, *[user_id] * (MOST_ITEMS - 1))
    add(here, *[user_id] * 3)
    assert [item.position for item in items(here, user_id)] == list(range(3, MOST_ITEMS + 3))
    assert len(items(here, other)) == 1


def test_what_has_expired_is_not_seen_and_goes(desk: MakeDesk) -> None:
    here = desk()
    user_id = person(here)
    add(here, user_id, user_id)
    here.execute("UPDATE feed_items SET expire_at = now() - interval '1 s' WHERE position = 1")
    page = repository.list_items(here.database, user_id, None, 10, unread_only=False)
    assert [item.position for item in page.items] == [2]
    assert (page.unread_count, page.position) == (1, 2)
    with here.database.transaction():
        key = items(here, user_id)[0].notification_id
        assert repository.mark_read(here.database, user_id, key) is None
        assert here.house.feed.purge() is False
    assert [item.position for item in items(here, user_id)] == [2]


def test_a_purge_goes_batch_by_batch(desk: MakeDesk) -> None:
    here = desk()
    user_id = person(here)
    add(here, *[user_id] * 5)
    here.execute("UPDATE feed_items SET expire_at = now() - interval '1 s'")
    left = []
    for _ in range(3):
        with here.database.transaction():
            left.append(repository.purge(here.database, 2))
    assert left == [True, True, False]


def test_devices_that_are_long_unused_go(desk: MakeDesk) -> None:
    here = desk()
    here.execute(
        "INSERT INTO devices (user_id, session_id, platform, address, token, used_at)"
        " SELECT uuidv7(), uuidv7(), 2, sha256(n::text::bytea), n::text,"
        " now() - make_interval(days => 59 + n) FROM generate_series(0, 3) AS n"
    )
    with here.database.transaction():
        assert here.house.devices.purge() is False
    assert here.query("SELECT token FROM devices ORDER BY 1") == [("0",)]
