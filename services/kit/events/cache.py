"""Values at hand until an event says that they changed.

A value is kept under several keys and depends on subjects, such as the id of a course; an event
names the subject that changed. Nothing is served while an event may have happened unnoticed.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import structlog
from google.protobuf.message import Message

from services.kit.work.failures import describe

log = structlog.get_logger("stellr.events")
Value = TypeVar("Value")

# Another process of the service that told a change may hear of it later than this one, and answer
# from the past till then: for as long as its own caches may go without hearing of anything.
SETTLING_SECONDS = 6.0
# What says no is believed for this long: its event may still be under way.
BELIEVED_SECONDS = 1.0
# Changes that are remembered by their subjects, for values that are being loaded meanwhile.
REMEMBERED_CHANGES = 10_000


class Live(Protocol):
    """A feed that tells what changes."""

    # time.monotonic() up to which it does.
    live_until: float


class Loaded(NamedTuple, Generic[Value]):
    """A value that was read anew, the keys it is found by, and the subjects it depends on."""

    value: Value
    keys: Sequence[str]
    subjects: Sequence[str]


class _Entry(Generic[Value]):
    __slots__ = ("keys", "read_at", "subjects", "value")

    def __init__(self, loaded: Loaded[Value], read_at: float) -> None:
        self.value, self.keys, self.subjects = loaded
        self.read_at = read_at


class EventCache(Generic[Value]):
    """At most `size` values: a full cache drops the one that was not used for longest.

    A hit takes no lock and some hundred nanoseconds. None is no value.
    """

    def __init__(self, size: int, feeds: Sequence[Live]) -> None:
        self._size = size
        self._feeds = tuple(feeds)
        self._by_key: dict[str, _Entry[Value]] = {}
        self._by_subject: defaultdict[str, set[_Entry[Value]]] = defaultdict(set)
        # Every value, in the order in which they were used.
        self._used: OrderedDict[_Entry[Value], None] = OrderedDict()
        # What was loaded from before these moments may be of the past.
        self._good_from = 0.0
        self._changed: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()
        # Without a lock: what is lost when threads meet is one in very many.
        self.hits = 0
        self.misses = 0

    @property
    def size(self) -> int:
        """How many values it keeps at most."""
        return self._size

    def __len__(self) -> int:
        return len(self._used)

    def get(self, key: str, load: Callable[[], Loaded[Value]]) -> Value:
        """The value at hand, or what `load` reads; its errors pass through."""
        value = self.find(key)
        return self._load(load) if value is None else value

    def get_sure(
        self, key: str, says_yes: Callable[[Value], bool], load: Callable[[], Loaded[Value]]
    ) -> Value:
        """As `get`, but a value that does not say yes is read anew once it is a second old.

        For refusals: an event under load may come later than the person it lets in.
        """
        entry = self._find(key)
        if entry is None or not (says_yes(entry.value) or _is_recent(entry)):
            return self._load(load)
        return entry.value

    def find(self, key: str) -> Value | None:
        """The value, or None where it must be read anew."""
        entry = self._find(key)
        return None if entry is None else entry.value

    def keep(self, loaded: Loaded[Value], began: float) -> None:
        """Keep a value whose loading began at a time.monotonic(), unless it changed meanwhile."""
        with self._lock:
            if not self._is_live() or began <= self._changed_at(loaded.subjects):
                return
            for known in {self._by_key[key] for key in loaded.keys if key in self._by_key}:
                self._remove(known)
            self._add(_Entry(loaded, began))
            if len(self._used) > self._size:
                # In one step, as others are reading: the oldest.
                self._detach(self._used.popitem(last=False)[0])

    def drop(self, subject: str, settling_seconds: float = 0.0) -> None:
        """Drop what depends on a subject.

        What is being loaded meanwhile is not kept, nor what begins to be in the next seconds.
        """
        with self._lock:
            for entry in tuple(self._by_subject.get(subject, ())):
                self._remove(entry)
            self._changed[subject] = time.monotonic() + settling_seconds
            self._changed.move_to_end(subject)
            if len(self._changed) > REMEMBERED_CHANGES:
                _, good_from = self._changed.popitem(last=False)
                self._good_from = max(self._good_from, good_from)

    def clear(self, settling_seconds: float = 0.0) -> None:
        """Drop everything, as `drop`."""
        with self._lock:
            self._good_from = max(self._good_from, time.monotonic() + settling_seconds)
            self._by_key.clear()
            self._by_subject.clear()
            self._used.clear()

    def _find(self, key: str) -> _Entry[Value] | None:
        entry = self._by_key.get(key)
        if entry is None or not self._is_live():
            self.misses += 1
            return None
        try:
            self._used.move_to_end(entry)
        except KeyError:
            self.misses += 1
            return None  # dropped this very moment
        self.hits += 1
        return entry

    def _load(self, load: Callable[[], Loaded[Value]]) -> Value:
        began = time.monotonic()
        loaded = load()
        self.keep(loaded, began)
        return loaded.value

    def _is_live(self) -> bool:
        now = time.monotonic()
        for feed in self._feeds:  # noqa: SIM110 - a generator costs more than all the rest
            if feed.live_until <= now:
                return False
        return True

    def _changed_at(self, subjects: Iterable[str]) -> float:
        return max((self._good_from, *(self._changed.get(one, 0.0) for one in subjects)))

    def _add(self, entry: _Entry[Value]) -> None:
        self._used[entry] = None
        self._by_key.update(dict.fromkeys(entry.keys, entry))
        for subject in entry.subjects:
            self._by_subject[subject].add(entry)

    def _remove(self, entry: _Entry[Value]) -> None:
        del self._used[entry]
        self._detach(entry)

    def _detach(self, entry: _Entry[Value]) -> None:
        for key in entry.keys:
            self._by_key.pop(key, None)
        for subject in entry.subjects:
            group = self._by_subject[subject]
            group.discard(entry)
            if not group:
                del self._by_subject[subject]


def _is_recent(entry: _Entry[Any]) -> bool:
    return time.monotonic() < entry.read_at + BELIEVED_SECONDS


@dataclass(frozen=True)
class Dropping:
    """Drops from a cache what an event says that changed; call it with the event."""

    name: str
    cache: EventCache[Any]
    subject_of: Callable[[Any], str]
    settling_seconds: float

    def __call__(self, event: Message) -> None:
        """Drop it, or everything where the event cannot be understood."""
        try:
            self.cache.drop(self.subject_of(event), self.settling_seconds)
        except Exception as error:
            self.cache.clear(self.settling_seconds)
            log.error("cache dropped everything", cache=self.name, error=describe(error))
