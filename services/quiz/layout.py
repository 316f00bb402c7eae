"""Which questions an attempt has, and in which order all stands in it.

It follows from a seed, the id of the attempt, so that it stays and nothing is kept of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple

from services.quiz.kept import KeptOption, KeptQuestion, QuizVersion
from services.quiz.questions import QuestionKind


class Shown(NamedTuple):
    """What a question offers, as a learner sees it."""

    options: Sequence[KeptOption] = ()
    lefts: Sequence[str] = ()
    rights: Sequence[str] = ()


def draws(quiz: QuizVersion) -> bool:
    """Whether an attempt has some of the questions only."""
    return 0 < quiz.rules.draw_count < len(quiz.questions)


def asked(quiz: QuizVersion, seed: str) -> Sequence[KeptQuestion]:
    """The questions of an attempt, in its order."""
    questions = quiz.questions
    if draws(quiz):
        drawn = _mixed([each.question_id for each in questions], f"{seed}:drawn")
        chosen = set(drawn[: quiz.rules.draw_count])
        questions = tuple(each for each in questions if each.question_id in chosen)
    if not quiz.rules.shuffle:
        return questions
    by_id = {question.question_id: question for question in questions}
    return [by_id[each] for each in _mixed(list(by_id), seed)]


def shown(question: KeptQuestion, seed: str, *, shuffle: bool) -> Shown:
    """What a question offers. What is to be ordered or matched never stands as it should."""
    by_id = {option.option_id: option for option in question.options}
    mixed = [by_id[each] for each in _mixed(list(by_id), seed)]
    options = mixed if shuffle else question.options
    match question.kind:
        case QuestionKind.SHORT_TEXT | QuestionKind.NUMERIC:
            return Shown()
        case QuestionKind.MATCHING:
            rights = dict.fromkeys(option.match for option in mixed)
            lefts = [option.text for option in options if option.text]
            return Shown(lefts=lefts, rights=_mixed(list(rights), f"{seed}:{question.question_id}"))
        case QuestionKind.ORDERING:
            return Shown(mixed)
        case QuestionKind.TRUE_FALSE:
            return Shown(question.options)
        case _:
            return Shown(options)


def _mixed(things: Sequence[str], seed: str) -> list[str]:
    """The order of hashes, which is none that anybody could tell."""
    return sorted(things, key=lambda each: sha256(f"{seed}:{each}".encode()).digest())
