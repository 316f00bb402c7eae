"""A quiz as it is kept: versions that never change, with ids that outlive them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from services.quiz.questions import QuestionKind


@dataclass(frozen=True, slots=True)
class KeptOption:
    """One possible answer."""

    option_id: str
    text: str
    right: bool
    weight: float | None
    feedback: str


@dataclass(frozen=True, slots=True)
class KeptQuestion:
    """One question, its options as the author ordered them."""

    question_id: str
    title: str
    text: str
    kind: QuestionKind
    points: int
    feedback: str
    options: tuple[KeptOption, ...]


@dataclass(frozen=True)
class QuizVersion:
    """A quiz at one time, its questions in order; `pass_percentage` is 0 to 100."""

    quiz_id: UUID
    version_id: UUID
    title: str
    pass_percentage: int
    questions: tuple[KeptQuestion, ...]

    @cached_property
    def ids(self) -> frozenset[str]:
        """The ids of all questions and options."""
        questions = {question.question_id for question in self.questions}
        options = {option.option_id for each in self.questions for option in each.options}
        return frozenset(questions | options)

    def document(self) -> dict[str, Any]:
        """What is kept of it, as JSON."""
        questions = [asdict(question) for question in self.questions]
        return {
            "title": self.title,
            "pass_percentage": self.pass_percentage,
            "questions": questions,
        }

    @classmethod
    def of(cls, quiz_id: UUID, version_id: UUID, document: Mapping[str, Any]) -> QuizVersion:
        """The version that was kept as this document."""
        questions = tuple(map(_question, document["questions"]))
        title, pass_percentage = document["title"], document["pass_percentage"]
        return cls(quiz_id, version_id, title, pass_percentage, questions)


def _question(kept: Mapping[str, Any]) -> KeptQuestion:
    options = tuple(KeptOption(**option) for option in kept["options"])
    return KeptQuestion(**{**kept, "kind": QuestionKind(kept["kind"]), "options": options})
