"""Reading the answers of a question: what stands between its braces."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from services.quiz.gift.choices import Choice, judge
from services.quiz.gift.defects import Defects
from services.quiz.gift.escapes import ARROW, HASH, MARK, find, find_all
from services.quiz.gift.formats import Format, TextReader, take_format
from services.quiz.gift.source import Piece
from services.quiz.questions import Option, QuestionKind

MAX_OPTIONS = 20
MAX_OPTION_CHARS = 1_000
MAX_FEEDBACK_CHARS = 4_000
MAX_WEIGHT = 100
TAB_WIDTH = 4

# Only a number between percent signs is a weight: `%*%`, `%in%` and `%s` are texts.
WEIGHT = re.compile(r"\s*%(-?\d{1,9}(?:[.,]\d{0,20})?)%")
TRUTH = {"T": True, "TRUE": True, "F": False, "FALSE": False}
NOT_YET = "are not supported yet: single choice, multiple choice and true/false are"


class OptionReader:
    """Reads the answers of one question, whose texts are in `text_format` unless they say else."""

    def __init__(
        self, answers: Piece, text_format: Format, question_line: int, defects: Defects
    ) -> None:
        self._answers = answers.strip()
        self._format = text_format
        self._question_line = question_line
        self._defects = defects
        self._texts = TextReader(defects)

    def read(self) -> tuple[QuestionKind, list[Option]]:
        """Return the kind and the options, which are none where a defect forbids to read them."""
        truth = TRUTH.get(self._answers.text.partition("#")[0].strip().upper())
        if truth is not None:
            return QuestionKind.TRUE_FALSE, self._truth(truth)
        head, pieces = self._pieces()
        refusal = _refusal(head, pieces)
        if refusal:
            self._defects.add(self._answers.line(), refusal)
        elif len(pieces) > MAX_OPTIONS:
            self._defects.add(pieces[MAX_OPTIONS].line(), f"more than {MAX_OPTIONS} options")
        else:
            choices = [self._choice(piece) for piece in pieces]
            return judge(choices, self._question_line, self._defects)
        return QuestionKind.SINGLE_CHOICE, []

    def _pieces(self) -> tuple[str, list[Piece]]:
        """The text before the first mark, and a piece for each option, up to one too many."""
        answers = self._answers
        begins = find_all(MARK, answers.text)[: MAX_OPTIONS + 1]
        ends = [*begins[1:], len(answers.text)]
        head = answers.text[: begins[0]] if begins else answers.text
        return head.strip(), [answers.cut(*part) for part in zip(begins, ends, strict=False)]

    def _truth(self, truth: bool) -> list[Option]:
        """Read `{T#feedback if answered wrongly#feedback if answered rightly}`."""
        hashes = [*find_all(HASH, self._answers.text)[:2], len(self._answers.text)]
        said = [self._feedback(self._answers.cut(at + 1, end)) for at, end in pairwise(hashes)]
        wrong, right = [*said, "", ""][:2]
        return [
            Option("True", right=truth, feedback=right if truth else wrong),
            Option("False", right=not truth, feedback=wrong if truth else right),
        ]

    def _choice(self, piece: Piece) -> Choice:
        end = _text_end(piece)
        feedback = self._feedback(piece.cut(end + 1)) if end < len(piece.text) else ""
        weight, written = self._weight(piece.cut(1, end))
        return Choice(
            mark=piece.text[0],
            weight=weight,
            text=self._option_text(written, piece.indent()),
            feedback=feedback,
            line=piece.line(),
            indent=0 if piece.indent() is None else _width(written.text),
        )

    def _option_text(self, written: Piece, margin: int | None) -> str:
        text_format, body = take_format(written, self._format)
        text = self._texts.read_parts("an option", [body.strip()], text_format, MAX_OPTION_CHARS)
        return text if text_format is Format.HTML else _cut_margin(text, margin)

    def _feedback(self, written: Piece) -> str:
        return self._texts.read("a feedback", written, self._format, MAX_FEEDBACK_CHARS)

    def _weight(self, written: Piece) -> tuple[float | None, Piece]:
        match = WEIGHT.match(written.text)
        if match is None:
            return None, written
        if "," in match[1] or abs(float(match[1])) > MAX_WEIGHT:
            reason = "a weight is a number from %-100% to %100%, with a point before its decimals"
            self._defects.add(written.line(match.start(1)), reason)
            return None, written
        return float(match[1]), written.cut(match.end())


def _text_end(piece: Piece) -> int:
    """Where the text of an option ends and its feedback begins."""
    at = find(HASH, piece.text)
    return len(piece.text) if at is None else at


def _width(written: str) -> int:
    """How far the text is indented, if it begins on this line."""
    first = written.partition("\n")[0].expandtabs(TAB_WIDTH)
    return len(first) - len(first.lstrip()) if first.strip() else 0


def _cut_margin(text: str, margin: int | None) -> str:
    """Cut from each further line the margin that its option has; all of it within a line."""
    first, *others = text.split("\n")
    if margin is None:
        return "\n".join([first, *(line.lstrip() for line in others)])
    return "\n".join([first, *(line[:margin].lstrip() + line[margin:] for line in others)])


def _refusal(head: str, pieces: Sequence[Piece]) -> str:
    """Say why these answers are no choice at all, or return an empty text."""
    if not head and not pieces:
        return f"essay questions {NOT_YET}"
    if head.startswith("#"):
        return f"numerical questions {NOT_YET}"
    if head:
        return f'text outside an option ("{head[:60]}"): begin each option with = or ~'
    if any(piece.text[0] == "~" for piece in pieces):
        return ""
    if any(find(ARROW, piece.text[: _text_end(piece)]) is not None for piece in pieces):
        return f"matching questions {NOT_YET}"
    return f"short answer questions {NOT_YET} (a choice has wrong answers, marked with ~)"
