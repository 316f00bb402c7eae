"""Which lesson of a course is which lesson of a new version of it.

Authors rename, renumber and rewrite their files, and a learner's completions must stay with the
lesson that was completed. So a lesson is known again by what is most telling first.
"""

from __future__ import annotations

import heapq
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol
from uuid import UUID

# The share of common shingles (Broder 1997: resemblance) from which on a text is another's version.
ALIKE = 0.5
COMPARED_CHARACTERS = 20_000
SHINGLE_WORDS = 3
# A sample of so many shingles tells the resemblance of two texts to within a tenth.
SAMPLE = 200
# A word; a letter alone in scripts that put no spaces between words.
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]|\w+")
_NUMBER = re.compile(r"^[\d.]+[.):\s-]+")


class Lesson(Protocol):
    """What a lesson is known by; `author_id` may be empty."""

    @property
    def author_id(self) -> str: ...  # noqa: D102
    @property
    def key(self) -> str: ...  # noqa: D102
    @property
    def title(self) -> str: ...  # noqa: D102
    @property
    def body(self) -> str: ...  # noqa: D102


class KnownLesson(NamedTuple):
    """A lesson as it is kept."""

    lesson_id: UUID
    author_id: str
    key: str
    title: str
    body: str
    archived: bool


Trait = Callable[[Lesson], Hashable]


def match(wanted: Sequence[Lesson], known: Sequence[KnownLesson]) -> list[UUID | None]:
    """The id of the known lesson that each wanted one is, in order; None for a new one.

    Live lessons are found before archived ones, and no lesson is found twice.
    """
    matching = _Matching(dict(enumerate(wanted)))
    matching.pair(known, lambda lesson: lesson.author_id)
    for archived in (False, True):
        matching.search([lesson for lesson in known if lesson.archived == archived])
    return [matching.found.get(place) for place in range(len(wanted))]


class _Matching:
    """What is not found yet, by its place, and what is."""

    def __init__(self, wanted: dict[int, Lesson]) -> None:
        self._wanted = wanted
        self.found: dict[int, UUID] = {}
        self._taken: set[UUID] = set()

    def search(self, known: Sequence[KnownLesson]) -> None:
        """Find lessons among these, by what is most telling first."""
        self.pair(known, lambda lesson: (lesson.key, _title(lesson)))
        self.pair(known, lambda lesson: (lesson.key, _body(lesson)))
        self.pair(known, lambda lesson: (_title(lesson), _body(lesson)))
        self.pair(known, _body, only=True)
        self.pair(known, _title, only=True)
        self._pair_alike(known)
        self.pair(known, lambda lesson: lesson.key)

    def pair(self, known: Iterable[KnownLesson], trait: Trait, *, only: bool = False) -> None:
        """Pair lessons of one trait, in order; with `only` those that share it with no other."""
        wanted, free = self._by_trait(self._wanted.items(), trait), defaultdict(list)
        for lesson in self._free(known):
            free[trait(lesson)].append(lesson)
        for value, places in wanted.items():
            if value and not (only and (len(places) > 1 or len(free[value]) > 1)):
                for place in places:
                    self._take_first(place, free[value])

    def _pair_alike(self, known: Iterable[KnownLesson]) -> None:
        """Pair lessons whose texts are much alike, the most alike first."""
        wanted = [(place, _sample(lesson)) for place, lesson in self._wanted.items()]
        free = [(lesson, _sample(lesson)) for lesson in self._free(known)] if wanted else []
        alike = [
            (likeness, place, lesson)
            for place, ours in wanted
            for lesson, theirs in free
            if (likeness := _likeness(ours, theirs)) >= ALIKE
        ]
        for _, place, lesson in sorted(alike, key=lambda each: (-each[0], each[1])):
            self._take_first(place, [lesson])

    def _by_trait(
        self, lessons: Iterable[tuple[int, Lesson]], trait: Trait
    ) -> dict[Hashable, list[int]]:
        places = defaultdict(list)
        for place, lesson in lessons:
            places[trait(lesson)].append(place)
        return places

    def _free(self, known: Iterable[KnownLesson]) -> Iterator[KnownLesson]:
        return (lesson for lesson in known if lesson.lesson_id not in self._taken)

    def _take_first(self, place: int, known: Iterable[KnownLesson]) -> None:
        """Pair a lesson that is wanted with the first that is free and may be it."""
        lesson = self._wanted.get(place)
        for each in self._free(known):
            if lesson is not None and _may_be_same(lesson, each):
                self.found[place] = each.lesson_id
                self._taken.add(each.lesson_id)
                del self._wanted[place]
                return


def _may_be_same(lesson: Lesson, known: KnownLesson) -> bool:
    """Authors may give and take ids; but two ids are two lessons."""
    ids = {lesson.author_id, known.author_id} - {""}
    return len(ids) <= 1


def _title(lesson: Lesson) -> str:
    """The title without case and without a number before it."""
    title = " ".join(unicodedata.normalize("NFKC", lesson.title).casefold().split())
    return _NUMBER.sub("", title) or title


def _body(lesson: Lesson) -> str:
    """The text, however its lines are broken."""
    return " ".join(lesson.body.split())


def _sample(lesson: Lesson) -> frozenset[int]:
    """The smallest hashes of the text's shingles: runs of words, each begun at every word."""
    words = _WORD.findall(lesson.body[:COMPARED_CHARACTERS].casefold())
    shingles = zip(*(words[start:] for start in range(SHINGLE_WORDS)), strict=False)
    hashes = {hash(shingle) for shingle in shingles} or ({hash(tuple(words))} if words else set())
    return frozenset(heapq.nsmallest(SAMPLE, hashes))


def _likeness(one: frozenset[int], other: frozenset[int]) -> float:
    """The share of common shingles, 0 to 1, from a sample of each text's (Broder 1997)."""
    common = one & other
    if not common:
        return 0.0
    sample = heapq.nsmallest(SAMPLE, one | other)
    return sum(each in common for each in sample) / len(sample)
