from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator

import pytest

from services.kit.errors import ServiceUnavailable
from services.kit.events import followed
from services.kit.events.followed import FollowedCache
from tests.support import eventually

Told = queue.SimpleQueue[str | None]
Open = Callable[[], FollowedCache[str]]


@pytest.fixture
def told() -> Told:
    """What the other service says; None breaks the stream."""
    return queue.SimpleQueue()


@pytest.fixture
def opened(told: Told, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    monkeypatch.setattr(followed, "SETTLING_SECONDS", 0.3)
    stopping = threading.Event()

    def follow() -> Iterator[str]:
        while (subject := told.get()) is not None:
            yield subject
        raise ServiceUnavailable

    def make() -> FollowedCache[str]:
        cache = FollowedCache[str](follow, stopping, size=10, seconds=60)
        cache.keep("1", ("1",), "too early", cache.generation)
        return cache

    yield make
    stopping.set()
    told.put(None)


def watching(cache: FollowedCache[str], told: Told) -> None:
    told.put("")
    eventually(lambda: cache.listening)


def test_nothing_is_kept_before_changes_are_told(opened: Open, told: Told) -> None:
    cache = opened()
    assert cache.find("1") is None
    watching(cache, told)
    assert cache.find("1") is None
    cache.keep("1", ("1", "one"), "value", cache.generation)
    assert (cache.find("1"), cache.find("one")) == ("value", "value")


def test_a_change_drops_its_value_alone(opened: Open, told: Told) -> None:
    cache = opened()
    watching(cache, told)
    for subject in ("1", "2"):
        cache.keep(subject, (subject,), "value", cache.generation)
    told.put("1")
    eventually(lambda: cache.find("1") is None)
    assert cache.find("2") == "value"


def test_what_comes_right_after_a_change_may_be_of_the_past(opened: Open, told: Told) -> None:
    cache = opened()
    watching(cache, told)
    before = cache.generation
    told.put("1")
    eventually(lambda: cache.generation != before)
    cache.keep("1", ("1",), "from a process that has not heard", cache.generation)
    assert cache.find("1") is None

    def kept() -> str | None:
        cache.keep("1", ("1",), "value", cache.generation)
        return cache.find("1")

    assert eventually(kept) == "value"


def test_a_broken_stream_forgets_all_until_it_stands_again(opened: Open, told: Told) -> None:
    cache = opened()
    watching(cache, told)
    cache.keep("1", ("1",), "value", cache.generation)
    told.put(None)
    eventually(lambda: not cache.listening)
    assert cache.find("1") is None
    watching(cache, told)
    assert cache.find("1") is None
