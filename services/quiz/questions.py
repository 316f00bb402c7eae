"""A quiz as its author wrote it, before it has any ids."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from functools import cached_property

from services.quiz.rules import DEFAULT_RULES, Rules

FULL_SHARE = 100


class QuestionKind(StrEnum):
    """How a question is answered."""

    SINGLE_CHOICE = "single_choice"
    MULTIPLE_CHOICE = "multiple_choice"
    TRUE_FALSE = "true_false"
    SHORT_TEXT = "short_text"
    NUMERIC = "numeric"
    MATCHING = "matching"
    ORDERING = "ordering"


# Answered by ids of options; the others by a text, a number or pairs of texts.
BY_OPTIONS = frozenset(
    {
        QuestionKind.SINGLE_CHOICE,
        QuestionKind.MULTIPLE_CHOICE,
        QuestionKind.TRUE_FALSE,
        QuestionKind.ORDERING,
    }
)


@dataclass(frozen=True, slots=True)
class Option:
    """One possible answer. `weight` is its share of the points in percent, if one was written.

    Of a short text it is what is compared (`texts`), of a number its range (`numbers`), of a
    matching question the left side, whose right one is `match`; of an ordering question one item.
    """

    text: str
    right: bool
    weight: float | None = None
    feedback: str = ""
    match: str = ""
    # The id that its author knows it by; empty where it has none yet.
    option_id: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `line` is where it begins in its source, counted from 1."""

    text: str
    kind: QuestionKind
    options: tuple[Option, ...]
    line: int
    title: str = ""
    points: int = 1
    feedback: str = ""
    category: str = ""
    # The id that its author knows it by; empty where it has none yet.
    question_id: str = ""


@dataclass(frozen=True)
class WrittenQuiz:
    """A quiz; `pass_percentage` is 0 to 100."""

    title: str
    pass_percentage: int
    questions: Sequence[Question]
    rules: Rules = DEFAULT_RULES

    @cached_property
    def digest(self) -> str:
        """A hash of all that makes the quiz; where its text breaks its lines is no part of that."""
        questions = [asdict(_content(question)) for question in self.questions]
        made_of = [self.title, self.pass_percentage, questions, asdict(self.rules)]
        source = json.dumps(made_of, sort_keys=True)
        return hashlib.sha256(source.encode()).hexdigest()


def _content(question: Question) -> Question:
    options = tuple(replace(option, option_id="") for option in question.options)
    return replace(question, line=0, question_id="", options=options)
