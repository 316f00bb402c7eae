"""A quiz as it is kept: what an author wrote, with ids that outlive a new version of it."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict, deque
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from services.quiz.questions import Option, Question, QuestionKind

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class KeptOption:
    """One possible answer."""

    option_id: str
    text: str
    right: bool
    feedback: str


@dataclass(frozen=True, slots=True)
class KeptQuestion:
    """One question, its options as the author ordered them."""

    question_id: str
    text: str
    kind: QuestionKind
    points: int
    feedback: str
    options: tuple[KeptOption, ...]


@dataclass(frozen=True, slots=True)
class KeptQuiz:
    """A quiz, its questions as the author ordered them; `pass_percentage` is 0 to 100."""

    quiz_id: UUID
    title: str
    pass_percentage: int
    questions: tuple[KeptQuestion, ...]


def source_hash(title: str, pass_percentage: int, questions: Sequence[Question]) -> str:
    """A hash of all that makes a quiz; where its text breaks its lines is no part of that."""
    texts = [{**asdict(question), "line": 0} for question in questions]
    source = json.dumps([title, pass_percentage, texts], sort_keys=True)
    return hashlib.sha256(source.encode()).hexdigest()


class IdPool:
    """Gives what comes again under its old key the id it had, and everything else a new one."""

    def __init__(self, known: Iterable[tuple[Hashable, UUID]], new_ids: Iterator[UUID]) -> None:
        self._new_ids = new_ids
        self._known: defaultdict[Hashable, deque[UUID]] = defaultdict(deque)
        for key, known_id in known:
            self._known[key].append(known_id)

    def take(self, key: Hashable) -> UUID:
        """The next id for the key; two questions of one text get one each."""
        known = self._known.get(key)
        return known.popleft() if known else next(self._new_ids)


def id_count(questions: Sequence[Question]) -> int:
    """How many ids a quiz needs at most."""
    return sum(1 + len(question.options) for question in questions)


def rows(quiz_id: UUID, questions: Sequence[Question], pool: IdPool) -> tuple[list[Row], list[Row]]:
    """The rows of the questions and of their options, known by their texts."""
    question_rows: list[Row] = []
    option_rows: list[Row] = []
    for position, question in enumerate(questions):
        question_id = pool.take(question.text)
        question_rows.append(_question_row(quiz_id, question_id, position, question))
        for place, option in enumerate(question.options):
            option_id = pool.take((question_id, option.text))
            option_rows.append(_option_row(question_id, option_id, place, option))
    return question_rows, option_rows


def _question_row(quiz_id: UUID, question_id: UUID, position: int, question: Question) -> Row:
    return {
        "question_id": str(question_id),
        "quiz_id": str(quiz_id),
        "position": position,
        "title": question.title,
        "text": question.text,
        "kind": question.kind,
        "points": question.points,
        "feedback": question.feedback,
    }


def _option_row(question_id: UUID, option_id: UUID, position: int, option: Option) -> Row:
    return {
        "option_id": str(option_id),
        "question_id": str(question_id),
        "position": position,
        "text": option.text,
        "is_right": option.right,
        "weight": option.weight,
        "feedback": option.feedback,
    }
