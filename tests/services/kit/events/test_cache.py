from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass

import pytest

from services.kit.events import cache as caches
from services.kit.events.cache import Dropping, EventCache, Loaded
from stellr.course.v1 import events_pb2


@dataclass
class Feed:
    """A feed that is live, or not."""

    live_until: float = float("inf")


@pytest.fixture
def feed() -> Feed:
    return Feed()


@pytest.fixture
def cache(feed: Feed) -> EventCache[str]:
    return EventCache(3, [feed])


def keep(cache: EventCache[str], name: str, *keys: str, subjects: tuple[str, ...] = ()) -> None:
    loaded = Loaded(f"value of {name}", [name, *keys], [name, *subjects])
    cache.keep(loaded, time.monotonic())


def held(cache: EventCache[str], names: str) -> str:
    return "".join(name for name in names if cache.find(name))


def test_a_value_is_found_under_all_its_keys_until_its_subject_changes(
    cache: EventCache[str],
) -> None:
    keep(cache, "a", "first")
    keep(cache, "b")
    assert (cache.find("a"), cache.find("first")) == ("value of a", "value of a")
    cache.drop("a")
    assert (cache.find("a"), cache.find("first"), cache.find("b")) == (None, None, "value of b")
    assert len(cache) == 1


def test_a_subject_may_stand_for_many_values(cache: EventCache[str]) -> None:
    keep(cache, "a", subjects=("all",))
    keep(cache, "b", subjects=("all",))
    keep(cache, "c")
    cache.drop("all")
    assert held(cache, "abc") == "c"


def test_the_one_not_used_for_longest_goes_first(cache: EventCache[str]) -> None:
    for name in "abc":
        keep(cache, name, f"{name}{name}")
    cache.find("aa")
    keep(cache, "d")
    assert held(cache, "abcd") == "acd"
    assert (cache.find("bb"), len(cache)) == (None, 3)


def test_a_value_kept_again_takes_the_place_of_the_one_before(cache: EventCache[str]) -> None:
    keep(cache, "a", "old name")
    keep(cache, "a", "new name")
    assert (cache.find("old name"), cache.find("new name"), len(cache)) == (None, "value of a", 1)


def test_more_values_than_fit_are_read_evenly_and_those_that_fit_are_hits() -> None:
    cache = EventCache[str](100, [Feed()])
    chance = random.Random(7)
    hits = 0
    for _ in range(20_000):
        name = str(chance.randrange(125))
        if cache.find(name):
            hits += 1
        else:
            keep(cache, name)
    assert 0.75 < hits / 20_000 < 0.85


def test_what_was_loaded_while_it_changed_is_not_kept(cache: EventCache[str]) -> None:
    def load() -> Loaded[str]:
        cache.drop("a")
        return Loaded("of the past", ["a"], ["a"])

    assert cache.get("a", load) == "of the past"
    assert cache.find("a") is None
    assert cache.get("a", lambda: Loaded("new", ["a"], ["a"])) == "new"
    assert cache.get("a", load) == "new"


def test_a_change_of_another_subject_does_not_matter(cache: EventCache[str]) -> None:
    def load() -> Loaded[str]:
        cache.drop("b")
        return Loaded("value", ["a"], ["a"])

    cache.get("a", load)
    assert cache.find("a") == "value"


def test_what_another_service_changed_settles_first(cache: EventCache[str]) -> None:
    cache.drop("a", 60)
    keep(cache, "a")
    keep(cache, "b")
    assert held(cache, "ab") == "b"
    began = time.monotonic() + 61
    cache.keep(Loaded("value", ["a"], ["a"]), began)
    assert held(cache, "ab") == "ab"


def test_nothing_is_served_or_kept_while_a_feed_is_not_live(
    cache: EventCache[str], feed: Feed
) -> None:
    keep(cache, "a")
    feed.live_until = time.monotonic()
    assert cache.find("a") is None
    keep(cache, "b")
    feed.live_until = float("inf")
    assert held(cache, "ab") == "a"


def test_a_feed_that_begins_anew_clears_all_that_was_loaded_before(cache: EventCache[str]) -> None:
    keep(cache, "a")
    began = time.monotonic()
    cache.clear(60)
    assert (held(cache, "a"), len(cache)) == ("", 0)
    cache.keep(Loaded("of the past", ["a"], ["a"]), began)
    keep(cache, "a")
    assert held(cache, "a") == ""
    cache.keep(Loaded("value", ["a"], ["a"]), time.monotonic() + 61)
    assert held(cache, "a") == "a"


def test_changes_are_remembered_for_values_that_are_loading_and_bounded(
    cache: EventCache[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caches, "REMEMBERED_CHANGES", 10)
    began = time.monotonic()
    for number in range(50):
        cache.drop(str(number))
    cache.keep(Loaded("of the past", ["0"], ["0"]), began)
    assert cache.find("0") is None
    keep(cache, "0")
    assert cache.find("0") == "value of 0"


def test_an_event_drops_its_subject_and_one_that_is_not_understood_everything(
    cache: EventCache[str],
) -> None:
    event = events_pb2.OutlineChanged(course_id="a")
    keep(cache, "a")
    keep(cache, "b")
    Dropping("test", cache, lambda told: told.course_id, 0.0)(event)
    assert held(cache, "ab") == "b"
    Dropping("test", cache, lambda told: told.nothing, 0.0)(event)
    assert held(cache, "ab") == ""


def test_many_threads_at_once_leave_it_whole_and_read_nothing_that_was_dropped() -> None:
    cache = EventCache[tuple[int, int]](20, [Feed()])
    truth = dict.fromkeys(range(40), 0)
    # What is true and told of: nobody may read less.
    told = dict.fromkeys(range(40), 0)
    wrong: list[str] = []
    stop = threading.Event()

    def read(seed: int) -> None:
        chance = random.Random(seed)
        while not stop.is_set():
            number = chance.randrange(40)
            known = told[number]

            def load(number: int = number) -> Loaded[tuple[int, int]]:
                return Loaded((number, truth[number]), [f"{number}", f"k{number}"], [f"{number}"])

            found = cache.get(chance.choice("k ").strip() + str(number), load)
            if found[0] != number or found[1] < known:
                wrong.append(f"{number}: {found}, was {known} before")

    def write(seed: int) -> None:
        chance = random.Random(seed)
        while not stop.is_set():
            number = chance.randrange(20) * 2 + seed % 2
            truth[number] += 1
            cache.drop(str(number))
            told[number] = truth[number]

    threads = [threading.Thread(target=read, args=(seed,)) for seed in range(4)]
    threads += [threading.Thread(target=write, args=(seed,)) for seed in (0, 1)]
    for thread in threads:
        thread.start()
    time.sleep(1.0)
    stop.set()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(cache) <= 20
    assert len(cache._by_key) == 2 * len(cache)
    assert sum(map(len, cache._by_subject.values())) == len(cache)
