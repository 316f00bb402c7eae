"""Reading the answers of a question: what stands between its braces."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from services.quiz.faults import MAX_OPTIONS, TRUTHS
from services.quiz.gift.choices import Choice, judge
from services.quiz.gift.defects import Defects
from services.quiz.gift.escapes import ARROW, HASH, MARK, find, find_all
from services.quiz.gift.formats import Format
from services.quiz.gift.parts import WEIGHT, PartReader, text_end
from services.quiz.gift.source import Piece
from services.quiz.gift.words import WordReader
from services.quiz.questions import Option, QuestionKind

TAB_WIDTH = 4
TRUTH = {"T": True, "TRUE": True, "F": False, "FALSE": False}


class OptionReader:
    """Reads the answers of one question, whose texts are in `text_format` unless they say else."""

    def __init__(
        self, answers: Piece, text_format: Format, question_line: int, defects: Defects
    ) -> None:
        self._answers = answers.strip()
        self._question_line = question_line
        self._defects = defects
        self._parts = PartReader(text_format, defects)
        self._words = WordReader(self._parts, question_line, defects)

    def read(self) -> tuple[QuestionKind, list[Option]]:
        """Return the kind and the options, which are none where a defect forbids to read them."""
        truth = TRUTH.get(self._answers.text.partition("#")[0].strip().upper())
        if truth is not None:
            return QuestionKind.TRUE_FALSE, self._truth(truth)
        if self._answers.text.startswith(">"):
            return self._words.order(self._answers)
        return self._written()

    def _written(self) -> tuple[QuestionKind, list[Option]]:
        head, pieces = self._pieces()
        refusal = _refusal(head, pieces)
        if refusal:
            self._defects.add(self._answers.line(), refusal)
        elif len(pieces) > MAX_OPTIONS:
            self._defects.add(pieces[MAX_OPTIONS].line(), f"more than {MAX_OPTIONS} options")
        elif head:
            return self._words.numbers(self._answers, pieces)
        elif any(piece.text[0] == "~" for piece in pieces):
            choices = [self._choice(piece) for piece in pieces]
            return judge(choices, self._question_line, self._defects)
        elif _are_pairs(pieces):
            return self._words.pairs(pieces)
        else:
            return self._words.texts(pieces)
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
        said = [
            self._parts.feedback(self._answers.cut(at + 1, end)) for at, end in pairwise(hashes)
        ]
        wrong, right = [*said, "", ""][:2]
        return [
            Option(text, right=each is truth, feedback=right if each is truth else wrong)
            for text, each in zip(TRUTHS, (True, False), strict=True)
        ]

    def _choice(self, piece: Piece) -> Choice:
        end = text_end(piece)
        feedback = self._parts.feedback(piece.cut(end + 1)) if end < len(piece.text) else ""
        weight, written = self._parts.weight(piece.cut(1, end))
        return Choice(
            mark=piece.text[0],
            weight=weight,
            text=self._option_text(written, piece.indent()),
            feedback=feedback,
            line=piece.line(),
            indent=0 if piece.indent() is None else _width(written.text),
        )

    def _option_text(self, written: Piece, margin: int | None) -> str:
        text, text_format = self._parts.text_and_format("an option", written)
        return text if text_format is Format.HTML else _cut_margin(text, margin)


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


def _are_pairs(pieces: Sequence[Piece]) -> bool:
    """Whether these are the pairs of a matching question; a weight makes them answers in words."""
    texts = [piece.text[1 : text_end(piece)] for piece in pieces]
    if any(WEIGHT.match(text) for text in texts):
        return False
    return any(find(ARROW, text) is not None for text in texts)


def _refusal(head: str, pieces: Sequence[Piece]) -> str:
    """Say why these are no answers at all, or return an empty text."""
    if not head and not pieces:
        return (
            "essay questions are not supported, as nobody would grade them: choices, true/false,"
            " short texts, numbers, matching and ordering are"
        )
    if head.startswith("#"):
        between = head[1:].strip() if pieces else ""
        head = between
    if head:
        return f'text outside an option ("{head[:60]}"): begin each option with = or ~'
    return ""
