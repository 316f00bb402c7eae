"""The parts that answers of all kinds have: a weight, a text in some format, feedback."""

from __future__ import annotations

import re

from services.quiz.gift.defects import Defects
from services.quiz.gift.escapes import HASH, find
from services.quiz.gift.formats import Format, TextReader, take_format
from services.quiz.gift.source import Piece

MAX_OPTION_CHARS = 1_000
MAX_FEEDBACK_CHARS = 4_000
MAX_WEIGHT = 100

# Only a number between percent signs is a weight: `%*%`, `%in%` and `%s` are texts.
WEIGHT = re.compile(r"\s*%(-?\d{1,9}(?:[.,]\d{0,20})?)%")


class PartReader:
    """Reads parts whose texts are in `text_format` unless they say else."""

    def __init__(self, text_format: Format, defects: Defects) -> None:
        self._format = text_format
        self._defects = defects
        self._texts = TextReader(defects)

    def text(self, what: str, written: Piece) -> str:
        """The Markdown of a text."""
        return self.text_and_format(what, written)[0]

    def text_and_format(self, what: str, written: Piece) -> tuple[str, Format]:
        """The Markdown of a text, and what it was written in."""
        text_format, body = take_format(written, self._format)
        text = self._texts.read_parts(what, [body.strip()], text_format, MAX_OPTION_CHARS)
        return text, text_format

    def feedback(self, written: Piece) -> str:
        """The Markdown of what the author says to an answer."""
        return self._texts.read("a feedback", written, self._format, MAX_FEEDBACK_CHARS)

    def weight(self, written: Piece) -> tuple[float | None, Piece]:
        """The weight that stands before an answer, or None, and what follows it."""
        match = WEIGHT.match(written.text)
        if match is None:
            return None, written
        if "," in match[1] or abs(float(match[1])) > MAX_WEIGHT:
            reason = "a weight is a number from %-100% to %100%, with a point before its decimals"
            self._defects.add(written.line(match.start(1)), reason)
            return None, written
        return float(match[1]), written.cut(match.end())


def text_end(piece: Piece) -> int:
    """Where the text of an answer ends and its feedback begins."""
    at = find(HASH, piece.text)
    return len(piece.text) if at is None else at
