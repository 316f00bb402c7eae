"""Splitting a GIFT text into its questions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from services.quiz.gift.defects import Defects
from services.quiz.gift.escapes import BRACE, TITLE_END, find
from services.quiz.gift.lines import POINTS
from services.quiz.gift.source import Source

CATEGORY = "$CATEGORY:"
MAX_CATEGORY_CHARS = 200
MAX_POINTS = 1_000
TITLE = "::"


def split(lines: Iterator[tuple[int, str]], defects: Defects) -> Iterator[Source]:
    """Split at blank lines and before titles; a blank line in braces separates nothing.

    A brace left open ends where a new question begins.
    """
    splitter = _Splitter(defects)
    for number, line in lines:
        yield from splitter.take(number, line)
    yield from splitter.finish()


@dataclass(slots=True)
class _Splitter:
    defects: Defects
    lines: list[str] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    opened: int = 0  # the line of the brace that is open, or 0
    closed: bool = False  # the question already has its answers
    category: str = ""  # of this question and those after it
    points: int = 1  # of this question alone
    blank: int = 0  # how many lines there were at the last blank line inside the open brace

    def take(self, number: int, line: str) -> Iterator[Source]:
        start = line.lstrip()
        if not self.opened and self._separates(start):
            yield from self.finish()
            self._note(number, start)
            if not start.startswith(TITLE):
                return
        if self.opened and POINTS.match(start):
            return
        if self.opened and not start:
            self.blank = len(self.lines)
        elif self.opened and self.blank and _begins_question(start):
            yield from self._abandon()
        self._add(number, line)

    def finish(self) -> Iterator[Source]:
        """Give out the question, unless its brace is still open: that is a defect."""
        if self.opened:
            self.defects.add(self.opened, "the brace '{' is never closed")
        elif any(line.strip() for line in self.lines):
            yield Source.of(self.lines, self.numbers, self.category, self.points)
            self.points = 1
        self.lines, self.numbers = [], []
        self.opened, self.closed, self.blank = 0, False, 0

    def _separates(self, start: str) -> bool:
        if start.startswith(TITLE):
            return self.closed or _is_titled(start)
        return not start or start.startswith(CATEGORY) or bool(POINTS.match(start))

    def _note(self, number: int, start: str) -> None:
        """Take in what is said of the questions that follow."""
        points = POINTS.match(start)
        if points:
            self.points = int(points[1])
            if not 1 <= self.points <= MAX_POINTS:
                self.defects.add(number, f"points are 1 to {MAX_POINTS:,}")
        elif start.startswith(CATEGORY):
            self.category = " ".join(start.removeprefix(CATEGORY).split())
            if len(self.category) > MAX_CATEGORY_CHARS:
                reason = f"the category is longer than {MAX_CATEGORY_CHARS:,} characters"
                self.defects.add(number, reason)

    def _abandon(self) -> Iterator[Source]:
        """Take the lines after the last blank one for the beginning of the next question."""
        lines, numbers = self.lines[self.blank :], self.numbers[self.blank :]
        yield from self.finish()
        self.lines, self.numbers = lines, numbers

    def _add(self, number: int, line: str) -> None:
        self.lines.append(line)
        self.numbers.append(number)
        for match in BRACE.finditer(line):
            if match[0] == "{" and not self.opened:
                self.opened = number
            elif match[0] == "}" and self.opened:
                self.opened, self.closed = 0, True


def _begins_question(start: str) -> bool:
    return _is_titled(start) or any(match[0] == "{" for match in BRACE.finditer(start))


def _is_titled(start: str) -> bool:
    return start.startswith(TITLE) and find(TITLE_END, start, len(TITLE)) is not None
