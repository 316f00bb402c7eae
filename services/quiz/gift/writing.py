r"""Writing questions in GIFT, so that reading them gives the same questions again.

All texts are Markdown by then. A question stands on one line before its answers, since lines of its
own could be taken for comments, titles or the end of it; `\n` says where its text breaks lines.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from services.quiz.gift.blocks import CATEGORY
from services.quiz.gift.escapes import COMMANDS, COMMANDS_IN_FORMULAS
from services.quiz.gift.formats import PREFIX
from services.quiz.gift.parts import WEIGHT
from services.quiz.questions import Option, Question, QuestionKind

SPECIAL = re.compile(r"[:{}=~#\\]")
# A line break before what would make it a command of LaTeX stays a line break.
BREAK = re.compile(rf"\n(?!(?:{COMMANDS}|{COMMANDS_IN_FORMULAS})(?![A-Za-z]))")
MARKDOWN, PLAIN = "[markdown]", "[plain]"
# At the start of a text what follows would be a format, a weight or a comment.
AMBIGUOUS = re.compile(rf"{PREFIX.pattern}|{WEIGHT.pattern}|\s*//", re.IGNORECASE)


def write(questions: Iterable[Question]) -> str:
    """The GIFT text of these questions."""
    blocks, category = [], ""
    for question in questions:
        if question.category != category:
            category = question.category
            blocks.append(f"{CATEGORY} {category}".rstrip())
        blocks.append("\n".join(_question(question)))
    return "\n\n".join(blocks) + "\n"


def _question(question: Question) -> Iterator[str]:
    if question.points != 1:
        yield f"// [points:{question.points}]"
    title = f"::{_escaped(question.title)}::" if question.title else ""
    yield f"{title}{MARKDOWN}{_escaped(question.text)} {{"
    yield from _ANSWERS[question.kind](question.options)
    if question.feedback:
        yield f"####{_text(question.feedback)}"
    yield "}"


def _truth(options: Iterable[Option]) -> Iterator[str]:
    said = {option.right: option.feedback for option in options}
    right = next(option.text for option in options if option.right)
    wrong = f"#{_text(said[False])}" if any(said.values()) else ""
    yield right.upper() + wrong + (f"#{_text(said[True])}" if said[True] else "")


def _single(options: Iterable[Option]) -> Iterator[str]:
    for option in options:
        mark = "=" if option.right else "~"
        yield f"{mark}{_weight(option.weight)}{_text(option.text)}{_feedback(option)}"


def _multiple(options: Iterable[Option]) -> Iterator[str]:
    """Weights alone say what is right: with `=` one that is worth all would be a single choice."""
    for option in options:
        yield f"~{_weight(option.weight)}{_text(option.text)}{_feedback(option)}"


def _texts(options: Iterable[Option]) -> Iterator[str]:
    """With weights, as Moodle writes them, which also tell them from pairs."""
    for option in options:
        weight = _weight(100 if option.weight is None else option.weight)
        plain = PLAIN if PREFIX.match(option.text) else ""
        yield f"={weight}{plain}{_escaped(option.text)}{_feedback(option)}"


def _numbers(options: Iterable[Option]) -> Iterator[str]:
    yield "#"
    for option in options:
        if option.text == "*":
            yield f"~#{_text(option.feedback)}"
        else:
            yield f"={_weight(option.weight)}{_escaped(option.text)}{_feedback(option)}"


def _pairs(options: Iterable[Option]) -> Iterator[str]:
    for option in options:
        yield f"={_text(option.text)} -> {_text(option.match)}"


def _order(options: Iterable[Option]) -> Iterator[str]:
    yield ">"
    yield from (_text(option.text) for option in options)


def _weight(weight: float | None) -> str:
    if weight is None:
        return ""
    return f"%{f'{weight:.10f}'.rstrip('0').rstrip('.')}%"


def _feedback(option: Option) -> str:
    return f"#{_text(option.feedback)}" if option.feedback else ""


def _text(text: str) -> str:
    return f"{MARKDOWN if AMBIGUOUS.match(text) else ''}{_escaped(text)}"


def _escaped(text: str) -> str:
    return BREAK.sub(r"\\n", SPECIAL.sub(r"\\\g<0>", text))


_ANSWERS: Mapping[QuestionKind, Callable[[Iterable[Option]], Iterator[str]]] = {
    QuestionKind.SINGLE_CHOICE: _single,
    QuestionKind.MULTIPLE_CHOICE: _multiple,
    QuestionKind.TRUE_FALSE: _truth,
    QuestionKind.SHORT_TEXT: _texts,
    QuestionKind.NUMERIC: _numbers,
    QuestionKind.MATCHING: _pairs,
    QuestionKind.ORDERING: _order,
}
