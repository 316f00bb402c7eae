from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
import sqlalchemy as sa

from services.kit.data.database import Database
from services.kit.events.coherent import CoherentCache
from tests.support import eventually

Open = Callable[..., CoherentCache[str]]


@pytest.fixture
def database(database_of: Callable[[str], Database]) -> Database:
    return database_of("course")


@pytest.fixture
def stopping() -> threading.Event:
    return threading.Event()


@pytest.fixture
def opened(database: Database, stopping: threading.Event) -> Iterator[Open]:
    def make(size: int = 10, seconds: float = 60.0) -> CoherentCache[str]:
        cache = CoherentCache[str](database, stopping, "things", size=size, seconds=seconds)
        cache.keep("first", ("first",), "starts the thread", cache.generation)
        eventually(lambda: cache.listening)
        return cache

    yield make
    stopping.set()


def drop(database: Database, cache: CoherentCache[str], subject: str) -> None:
    with database.transaction() as unit:
        cache.drop(unit.session, subject)


def test_a_value_is_found_under_all_its_keys_until_it_is_dropped(
    database: Database, opened: Open
) -> None:
    cache = opened()
    cache.keep("1", ("1", "one"), "value", cache.generation)
    cache.keep("2", ("2",), "other", cache.generation)
    assert (cache.find("1"), cache.find("one"), cache.find("2")) == ("value", "value", "other")
    drop(database, cache, "1")
    assert (cache.find("1"), cache.find("one"), cache.find("2")) == (None, None, "other")


def test_a_write_drops_the_value_in_every_process(database: Database, opened: Open) -> None:
    writer, reader = opened(), opened()
    reader.keep("1", ("1",), "value", reader.generation)
    drop(database, writer, "1")
    eventually(lambda: reader.find("1") is None)


def test_what_was_read_before_a_write_is_not_kept_after_it(
    database: Database, opened: Open
) -> None:
    cache = opened()
    generation = cache.generation
    drop(database, cache, "1")
    cache.keep("1", ("1",), "of the past", generation)
    assert cache.find("1") is None


def test_a_write_that_is_rolled_back_drops_nothing(database: Database, opened: Open) -> None:
    cache = opened()
    cache.keep("1", ("1",), "value", cache.generation)
    with suppress(ZeroDivisionError), database.transaction() as unit:
        cache.drop(unit.session, "1")
        raise ZeroDivisionError
    assert cache.find("1") == "value"


def test_nothing_is_served_from_a_cache_that_may_have_missed_a_write(
    database: Database, opened: Open
) -> None:
    cache = opened()
    generation = cache.generation
    cache.keep("1", ("1",), "value", generation)
    end = sa.text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname ="
        " current_database() AND application_name = 'listen'"
    )
    with database.transaction() as unit:
        unit.session.execute(end)
    eventually(lambda: cache.generation > generation)
    assert cache.find("1") is None
    cache.keep("1", ("1",), "read meanwhile", generation)
    eventually(lambda: cache.listening)
    assert cache.find("1") is None
    cache.keep("1", ("1",), "read anew", cache.generation)
    assert cache.find("1") == "read anew"


def test_values_expire(opened: Open) -> None:
    cache = opened(seconds=0.05)
    cache.keep("1", ("1",), "value", cache.generation)
    assert cache.find("1") == "value"
    eventually(lambda: cache.find("1") is None)


def test_a_cache_is_bounded(opened: Open) -> None:
    cache = opened(size=4)
    for number in range(100):
        cache.keep(str(number), (str(number), f"n{number}"), "value", cache.generation)
        assert cache.find(f"n{number}") == "value"
    assert sum(cache.find(str(number)) is not None for number in range(100)) <= 2


def test_a_cache_stops_with_its_process(opened: Open, stopping: threading.Event) -> None:
    cache = opened()
    stopping.set()
    eventually(lambda: not cache.listening)
    assert cache.find("first") is None
