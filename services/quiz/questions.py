"""A quiz as its author wrote it, before it has any ids."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import cached_property


class QuestionKind(StrEnum):
    """How a question is answered."""

    SINGLE_CHOICE = "single_choice"
    MULTIPLE_CHOICE = "multiple_choice"
    TRUE_FALSE = "true_false"


@dataclass(frozen=True, slots=True)
class Option:
    """One possible answer. `weight` is its share of the points in percent, if one was written."""

    text: str
    right: bool
    weight: float | None = None
    feedback: str = ""


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


@dataclass(frozen=True)
class WrittenQuiz:
    """A quiz; `pass_percentage` is 0 to 100."""

    title: str
    pass_percentage: int
    questions: Sequence[Question]

    @cached_property
    def digest(self) -> str:
        """A hash of all that makes the quiz; where its text breaks its lines is no part of that."""
        questions = [{**asdict(question), "line": 0} for question in self.questions]
        source = json.dumps([self.title, self.pass_percentage, questions], sort_keys=True)
        return hashlib.sha256(source.encode()).hexdigest()
