"""A quiz as it is kept: versions that never change, with ids that outlive them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any
from uuid import UUID, uuid5

from services.quiz.questions import QuestionKind
from services.quiz.rules import DEFAULT_RULES, Rules, rules_of

# What is answered in texts has ids too, made of them: by these an answer finds its version.
_PAIRS = UUID("5ba1d3f0-6b0c-5c5e-9d5f-2f5c2a6f7f10")


@dataclass(frozen=True, slots=True)
class KeptOption:
    """One possible answer."""

    option_id: str
    text: str
    right: bool
    weight: float | None
    feedback: str
    match: str = ""


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
    category: str = ""

    def ids(self) -> Iterator[str]:
        """What an answer to it may name: the question, its options, both sides of its pairs."""
        yield self.question_id
        for option in self.options:
            yield option.option_id
            if self.kind is QuestionKind.MATCHING:
                yield pair_id(self.question_id, "left", option.text)
                yield pair_id(self.question_id, "right", option.match)


def pair_id(question_id: str, side: str, text: str) -> str:
    """The id of one side of a pair in a matching question."""
    return str(uuid5(_PAIRS, f"{question_id}/{side}/{text}"))


@dataclass(frozen=True)
class QuizVersion:
    """A quiz at one time, its questions in order; `pass_percentage` is 0 to 100."""

    quiz_id: UUID
    version_id: UUID
    title: str
    pass_percentage: int
    questions: tuple[KeptQuestion, ...]
    rules: Rules = DEFAULT_RULES

    @cached_property
    def ids(self) -> frozenset[str]:
        """The ids of all that answers may name."""
        return frozenset(named for question in self.questions for named in question.ids())

    @cached_property
    def by_id(self) -> Mapping[str, KeptQuestion]:
        """Each question by its id."""
        return {question.question_id: question for question in self.questions}

    def document(self) -> dict[str, Any]:
        """What is kept of it, as JSON."""
        questions = [asdict(question) for question in self.questions]
        return {
            "title": self.title,
            "pass_percentage": self.pass_percentage,
            "rules": asdict(self.rules),
            "questions": questions,
        }

    @classmethod
    def of(cls, quiz_id: UUID, version_id: UUID, document: Mapping[str, Any]) -> QuizVersion:
        """The version that was kept as this document."""
        questions = tuple(map(_question, document["questions"]))
        title, pass_percentage = document["title"], document["pass_percentage"]
        rules = rules_of(document.get("rules", {}))
        return cls(quiz_id, version_id, title, pass_percentage, questions, rules)


def _question(kept: Mapping[str, Any]) -> KeptQuestion:
    options = tuple(KeptOption(**option) for option in kept["options"])
    return KeptQuestion(**{**kept, "kind": QuestionKind(kept["kind"]), "options": options})
