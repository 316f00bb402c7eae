"""A question's text as written, and parts of it that know where they stand."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate


@dataclass(frozen=True, slots=True)
class Source:
    """The text of one question, with the offset and the number of each of its lines."""

    text: str
    offsets: Sequence[int]
    numbers: Sequence[int]
    # What was said of it before it.
    category: str = ""
    points: int = 1

    @classmethod
    def of(
        cls, lines: Sequence[str], numbers: Sequence[int], category: str = "", points: int = 1
    ) -> Source:
        """The text made of these lines, which have these numbers in the file."""
        offsets = list(accumulate((len(line) + 1 for line in lines), initial=0))
        return cls("\n".join(lines), offsets, numbers, category, points)

    def piece(self) -> Piece:
        """All of it, outer spaces cut."""
        return Piece(self, 0, len(self.text)).strip()


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a source."""

    source: Source
    begin: int
    end: int

    @property
    def text(self) -> str:
        """What is written there."""
        return self.source.text[self.begin : self.end]

    def cut(self, begin: int, end: int | None = None) -> Piece:
        """The part of it from `begin` up to `end`, or up to its own end."""
        stop = self.end if end is None else self.begin + end
        return Piece(self.source, self.begin + begin, stop)

    def strip(self) -> Piece:
        """Without its outer spaces."""
        text = self.text
        begin = len(text) - len(text.lstrip())
        return self.cut(begin, max(begin, len(text.rstrip())))

    def line(self, at: int = 0) -> int:
        """The number of the line that its character `at` stands in."""
        return self.source.numbers[bisect_right(self.source.offsets, self.begin + at) - 1]

    def indent(self) -> int | None:
        """How many spaces stand before it on its line, or None where something else does."""
        before = self.source.text[: self.begin].rpartition("\n")[2]
        return None if before.strip() else len(before)
