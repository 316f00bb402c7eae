"""Finding the questions and options of a version again in the next one, so that they keep ids.

A question keeps its id when its author names it, or when its text, its title or, at its old place,
most of its wording is the same, wherever it moved. An option of it keeps its id while it is as
right or wrong as it was. So answers by options that fit several versions are worth the same in
each, and others fit the one that was seen. A text, a number and pairs have no options: they are
graded by the newest version of a question that is still the same one.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, TypeVar
from uuid import UUID

from services.quiz.kept import KeptOption, KeptQuestion
from services.quiz.questions import BY_OPTIONS, Question, QuestionKind

# Of all pairs of neighbouring letters, how many two wordings share (Dice's coefficient).
ALIKE = 0.6
# Enough of a text to know it again.
COMPARED_CHARS = 1_000

Before = TypeVar("Before")
Now = TypeVar("Now")
AnyQuestion = KeptQuestion | Question


def with_ids(
    questions: Sequence[Question], before: Sequence[KeptQuestion], new_ids: Iterator[UUID]
) -> tuple[KeptQuestion, ...]:
    """The questions with the ids they had in the version before, and new ones for the rest."""
    pairs = _pair(before, questions, QUESTION_KEYS, _are_alike)
    return tuple(
        _question_with_ids(question, pairs.get(position), new_ids)
        for position, question in enumerate(questions)
    )


def _question_with_ids(
    question: Question, before: KeptQuestion | None, new_ids: Iterator[UUID]
) -> KeptQuestion:
    if before and not _is_answered_alike(question, before):
        before = None
    options = _same_options(question, before) if before else {}
    return KeptQuestion(
        question_id=before.question_id if before else str(next(new_ids)),
        title=question.title,
        text=question.text,
        kind=question.kind,
        points=question.points,
        feedback=question.feedback,
        options=tuple(
            KeptOption(
                option_id=options[place].option_id if place in options else str(next(new_ids)),
                text=option.text,
                right=option.right,
                weight=option.weight,
                feedback=option.feedback,
                match=option.match,
            )
            for place, option in enumerate(question.options)
        ),
        category=question.category,
    )


def _is_answered_alike(question: Question, before: KeptQuestion) -> bool:
    """Whether an answer without option ids to the one may be taken for one to the other."""
    if {question.kind, before.kind} <= BY_OPTIONS:
        return True
    named = question.question_id == before.question_id
    return question.kind is before.kind and (named or _is_reworded(before.text, question.text))


def _same_options(question: Question, before: KeptQuestion) -> dict[int, KeptOption]:
    """By its place now, each option that keeps its id."""
    if question.kind is not before.kind or not _are_alike(before, question):
        return {}
    pairs = _pair(
        before.options,
        question.options,
        [lambda option: option.option_id, lambda option: option.text],
        lambda one, other: _is_reworded(one.text, other.text),
    )
    now = question.options
    if question.kind is QuestionKind.ORDERING:
        stays = len(before.options) == len(now) and all(
            pairs.get(place) is old for place, old in enumerate(before.options)
        )
        return pairs if stays else {}
    same = {place: old for place, old in pairs.items() if old.right is now[place].right}
    if _could_be_mistaken(question, before, same):
        return {place: old for place, old in same.items() if not old.right}
    return same


def options_now(before: KeptQuestion, now: KeptQuestion) -> dict[str, str]:
    """By its id before, the id now of each option that is still offered.

    Here an option is what it says, though it is no longer as right or wrong as it was.
    """
    keys = [lambda option: option.option_id, lambda option: option.text.strip()]
    pairs = _pair(before.options, now.options, keys, lambda _, __: False)
    return {old.option_id: now.options[place].option_id for place, old in pairs.items()}


def _could_be_mistaken(
    question: Question, before: KeptQuestion, same: Mapping[int, KeptOption]
) -> bool:
    """Whether the right options of one version would be some of the right ones in the other."""
    right = sum(option.right for option in same.values())
    right_before = sum(option.right for option in before.options)
    right_now = sum(option.right for option in question.options)
    return right_before != right_now and right in (right_before, right_now)


def _pair(
    before: Sequence[Before],
    now: Sequence[Now],
    keys: Sequence[Callable[[Any], Hashable]],
    alike: Callable[[Before, Now], bool],
) -> dict[int, Before]:
    """By its place now, what each was before: the surest key first, then what is alike in place.

    Where several have the same key, the first is the first.
    """
    pairs: dict[int, Before] = {}
    free = dict(enumerate(before))
    for key in keys:
        places: defaultdict[Hashable, deque[int]] = defaultdict(deque)
        for place, old in free.items():
            places[key(old)].append(place)
        for place, new in enumerate(now):
            if place not in pairs and key(new) and places[key(new)]:
                pairs[place] = free.pop(places[key(new)].popleft())
    for place, new in enumerate(now):
        if place not in pairs and place in free and alike(free[place], new):
            pairs[place] = free.pop(place)
    return pairs


def _are_alike(before: KeptQuestion, now: Question) -> bool:
    if _is_reworded(before.text, now.text):
        return True
    # All questions of this kind have the same options.
    return now.kind is not QuestionKind.TRUE_FALSE and _texts(before) == _texts(now)


def _is_reworded(before: str, now: str) -> bool:
    """Whether these are wordings of one text, such as one with a slip of the pen and without."""
    one, other = _letter_pairs(before), _letter_pairs(now)
    return before == now or 2 * (one & other).total() > ALIKE * (one.total() + other.total())


def _letter_pairs(text: str) -> Counter[str]:
    letters = text[:COMPARED_CHARS].casefold()
    return Counter(map("".join, pairwise(letters)))


def _texts(question: AnyQuestion) -> frozenset[str]:
    return frozenset(option.text for option in question.options)


QUESTION_KEYS: Sequence[Callable[[AnyQuestion], Hashable]] = (
    lambda question: question.question_id,
    lambda question: (question.title, question.text, _texts(question)),
    lambda question: (question.title, question.text),
    lambda question: (question.text, _texts(question)),
    lambda question: question.text,
    lambda question: question.title,
)
