"""A quiz as its author wrote it, before it has any ids."""

from dataclasses import dataclass
from enum import StrEnum


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
