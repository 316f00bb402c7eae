"""What is wrong with the answers of a question, whoever wrote them in whatever form."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from services.quiz.numbers import read_range
from services.quiz.questions import FULL_SHARE, Option, QuestionKind

MAX_OPTIONS = 20
# Thirds are written as 33.33 or 33, so a full share need not be 100 exactly.
SHARE_TOLERANCE = 1.0
TRUTHS = ("True", "False")


class Fault(NamedTuple):
    """What is wrong with one option, by its place; without a place with all of them."""

    place: int | None
    reason: str


def faults(kind: QuestionKind, options: Sequence[Option]) -> Iterator[Fault]:
    """All that is wrong with the options of a question."""
    if len(options) > MAX_OPTIONS:
        yield Fault(MAX_OPTIONS, f"more than {MAX_OPTIONS} options")
    yield from _FAULTS[kind](options)


def text_faults(texts: Iterable[str], what: str = "option") -> Iterator[Fault]:
    """Texts that nobody sees, and those that are there twice."""
    seen: set[str] = set()
    for place, text in enumerate(texts):
        normal = unicodedata.normalize("NFC", text)
        if not is_visible(normal):
            yield Fault(place, f"an {what} has no text")
        elif normal in seen:
            yield Fault(place, f'the {what} "{text[:60]}" is there twice')
        seen.add(normal)


def is_visible(text: str) -> bool:
    """Whether anything is seen of a text: spaces, joiners and direction marks are not."""
    return any(unicodedata.category(sign)[0] not in "ZC" for sign in text)


def share_fault(weights: Iterable[float]) -> str:
    """What is wrong with the weights of a multiple choice; empty where nothing is."""
    whole = sum(weight for weight in weights if weight > 0)
    if not whole:
        return "no right answer"
    if abs(whole - FULL_SHARE) > SHARE_TOLERANCE:
        return f"the positive weights add up to {whole:g}, not to 100"
    return ""


def _choice(options: Sequence[Option]) -> Iterator[Fault]:
    if len(options) < 2:  # noqa: PLR2004 (a choice is between two)
        yield Fault(None, "a choice needs at least two options")
    yield from text_faults(option.text for option in options)


def _single(options: Sequence[Option]) -> Iterator[Fault]:
    yield from _choice(options)
    yield from _one_right(options)


def _one_right(options: Sequence[Option]) -> Iterator[Fault]:
    for place, option in enumerate(options):
        if option.weight is not None and option.right is not (option.weight >= FULL_SHARE):
            yield Fault(place, "a right answer is worth 100, and no other one is")
    right = [place for place, option in enumerate(options) if option.right]
    if not right:
        yield Fault(None, "no right answer")
    for place in right[1:]:
        yield Fault(place, "a second right answer in a single choice")


def _multiple(options: Sequence[Option]) -> Iterator[Fault]:
    yield from _choice(options)
    reason = share_fault(option.weight or 0 for option in options)
    if reason:
        yield Fault(None, reason)
    for place, option in enumerate(options):
        if option.right is not ((option.weight or 0) > 0):
            yield Fault(place, "a right answer has a weight above 0, a wrong one has not")


def _truth(options: Sequence[Option]) -> Iterator[Fault]:
    if tuple(option.text for option in options) != TRUTHS:
        yield Fault(None, "a true/false question has the options True and False")
    else:
        yield from _one_right(options)


def _texts(options: Sequence[Option]) -> Iterator[Fault]:
    yield from text_faults((option.text for option in options), "answer")
    yield from _worth(options)


def _numbers(options: Sequence[Option]) -> Iterator[Fault]:
    seen: set[str] = set()
    for place, option in enumerate(options):
        try:
            if option.text != "*":
                read_range(option.text)
        except ValueError as error:
            yield Fault(place, str(error))
        if option.text in seen:
            yield Fault(place, f'the answer "{option.text[:60]}" is there twice')
        seen.add(option.text)
    yield from _worth(options)


def _worth(options: Sequence[Option]) -> Iterator[Fault]:
    for place, option in enumerate(options):
        if option.weight is not None and not 0 <= option.weight < FULL_SHARE:
            yield Fault(place, "the weight of an answer is from 0 to 100")
    if not any(option.right for option in options):
        yield Fault(None, "no right answer: one must be worth 100 %")


def _pairs(options: Sequence[Option]) -> Iterator[Fault]:
    asked = [option for option in options if option.text]
    if len(asked) < 2 or len({option.match for option in options}) < 2:  # noqa: PLR2004
        yield Fault(None, "a matching question needs two pairs with different right sides")
    seen: set[str] = set()
    for place, option in enumerate(options):
        left = unicodedata.normalize("NFC", option.text)
        if not is_visible(option.match):
            yield Fault(place, "a pair has no right side")
        if left and not is_visible(left):
            yield Fault(place, "a pair has a left side that nobody sees")
        elif "->" in left:
            yield Fault(place, "a left side cannot hold ->, which leads to the right side")
        elif left and left in seen:
            yield Fault(place, f'the left side "{left[:60]}" is there twice')
        elif not left and any(each.text and each.match == option.match for each in options):
            yield Fault(place, f'"{option.match[:60]}" alone is the right side of a pair already')
        seen.add(left)


def _order(options: Sequence[Option]) -> Iterator[Fault]:
    if len(options) < 2:  # noqa: PLR2004 (one item has no order)
        yield Fault(None, "an ordering question needs at least two items")
    yield from text_faults((option.text for option in options), "item")


_FAULTS: Mapping[QuestionKind, Callable[[Sequence[Option]], Iterator[Fault]]] = {
    QuestionKind.SINGLE_CHOICE: _single,
    QuestionKind.MULTIPLE_CHOICE: _multiple,
    QuestionKind.TRUE_FALSE: _truth,
    QuestionKind.SHORT_TEXT: _texts,
    QuestionKind.NUMERIC: _numbers,
    QuestionKind.MATCHING: _pairs,
    QuestionKind.ORDERING: _order,
}
