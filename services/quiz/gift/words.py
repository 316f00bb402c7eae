"""Reading answers that are no choice: short texts, numbers, pairs and items in order.

Sources: Moodle documentation, "GIFT format"; for orders the plugin qtype_ordering.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from services.quiz.faults import MAX_OPTIONS, faults
from services.quiz.gift.defects import Defects
from services.quiz.gift.escapes import ARROW, find, unescape
from services.quiz.gift.formats import Format, take_format
from services.quiz.gift.parts import MAX_OPTION_CHARS, PartReader, text_end
from services.quiz.gift.source import Piece
from services.quiz.numbers import canonical
from services.quiz.questions import FULL_SHARE, Option, QuestionKind

# How Moodle is to show and grade an order: `{>3 EXACT VERTICAL ALL_OR_NOTHING SHOW`.
ORDER_SETTINGS = re.compile(
    r">[ \t]*(?:(?:\d+|ALL|EXACT|RANDOM|REL(?:ATIVE\w*)?|CONTIG(?:UOUS)?|HORI(?:ZONTAL)?|H"
    r"|VERT(?:ICAL)?|V|ALL_OR_NOTHING|ABS(?:OLUTE\w*)?|LONGEST\w*|SHOW|TRUE|YES|HIDE|FALSE|NO"
    r"|NUMBERING\w*|NONE|ABCD?|IIII|123)\b[ \t]*(?=[A-Z\d\n]|$))*"
)
Written = tuple[QuestionKind, list[Option]]


class WordReader:
    """Reads such answers of one question. Short texts are plain, whatever format they name."""

    def __init__(self, parts: PartReader, question_line: int, defects: Defects) -> None:
        self._parts = parts
        self._question_line = question_line
        self._defects = defects

    def texts(self, pieces: Sequence[Piece]) -> Written:
        """`=answer#feedback =%50%another`; an answer is plain text, in which `*` is anything."""
        options = [self._answer(piece.cut(1)) for piece in pieces]
        return self._checked(QuestionKind.SHORT_TEXT, options, pieces)

    def numbers(self, answers: Piece, pieces: Sequence[Piece]) -> Written:
        """`#3:0.1`, or `#` and several as of texts; `~#feedback` is said to all other numbers."""
        if not pieces:
            pieces = [answers]
        options = []
        for piece in pieces:
            if piece.text[0] == "~":
                end = text_end(piece)
                said = piece.cut(1) if end == len(piece.text) else piece.cut(end + 1)
                options.append(Option("*", False, 0, self._parts.feedback(said)))
            else:
                answer = self._answer(piece.cut(1))
                text = canonical(answer.text)
                options.append(Option(text, answer.right, answer.weight, answer.feedback))
        return self._checked(QuestionKind.NUMERIC, options, pieces)

    def pairs(self, pieces: Sequence[Piece]) -> Written:
        """`=left -> right`; without a left side it is there to be taken for right."""
        options = [self._pair(piece) for piece in pieces]
        return self._checked(QuestionKind.MATCHING, options, pieces)

    def order(self, answers: Piece) -> Written:
        """`>` and the items as they are to stand, each on its line."""
        pieces = list(islice(_lines(answers), MAX_OPTIONS + 1))
        options = [Option(self._parts.text("an item", piece), right=True) for piece in pieces]
        return self._checked(QuestionKind.ORDERING, options, pieces)

    def _answer(self, piece: Piece) -> Option:
        end = text_end(piece)
        feedback = self._parts.feedback(piece.cut(end + 1)) if end < len(piece.text) else ""
        weight, written = self._parts.weight(piece.cut(0, end))
        _, body = take_format(written, Format.PLAIN)
        text = " ".join(unescape(body.text).split())
        if len(text) > MAX_OPTION_CHARS:
            reason = f"an answer is longer than {MAX_OPTION_CHARS:,} characters"
            self._defects.add(piece.line(), reason)
        right = weight is None or weight >= FULL_SHARE
        return Option(text, right, None if right else weight, feedback)

    def _pair(self, piece: Piece) -> Option:
        whole = piece.cut(1)
        end = text_end(whole)
        if end < len(whole.text):
            self._defects.add(whole.line(end), "a pair takes no feedback of its own: write ####")
        at = find(ARROW, whole.text[:end])
        if at is None:
            self._defects.add(piece.line(), "a pair without its arrow: write =left -> right")
            return Option("", right=True, match=whole.text[:end].strip())
        left, right = whole.cut(0, at).strip(), whole.cut(at + 2, end).strip()
        if not left.text:
            return Option("", right=False, match=self._parts.text("a pair", right))
        texts = [self._parts.text("a pair", each) for each in (left, right)]
        return Option(texts[0], right=True, match=texts[1])

    def _checked(
        self, kind: QuestionKind, options: list[Option], pieces: Sequence[Piece]
    ) -> Written:
        for place, reason in faults(kind, options):
            line = self._question_line if place is None else pieces[place].line()
            self._defects.add(line, reason)
        return kind, options


def _lines(answers: Piece) -> Iterator[Piece]:
    """The lines of an order that hold an item."""
    settings = ORDER_SETTINGS.match(answers.text)
    begin = settings.end() if settings else 1
    for line in re.finditer(r"[^\n]+", answers.text[begin:]):
        piece = answers.cut(begin + line.start(), begin + line.end()).strip()
        if piece.text:
            yield piece
