"""What a learner answered to a question, and whether such an answer fits it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from services.kit.errors import InvalidFields, Violation
from services.quiz.kept import KeptQuestion, pair_id
from services.quiz.questions import BY_OPTIONS, QuestionKind

Pairs = tuple[tuple[str, str], ...]
# One field of an answer for each kind; all but one of them stay empty.
_FIELDS = {
    QuestionKind.SHORT_TEXT: "text",
    QuestionKind.NUMERIC: "number",
    QuestionKind.MATCHING: "pairs",
}
_WANTED = {
    "optionIds": "this question is answered by optionIds",
    "text": "this question is answered by a text",
    "number": "this question is answered by a number",
    "pairs": "this question is answered by pairs",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the learner answered to one question; all empty means unanswered."""

    question_id: str
    option_ids: tuple[str, ...] = ()
    text: str = ""
    number: Decimal | None = None
    pairs: Pairs = ()

    @classmethod
    def of(
        cls,
        question_id: str,
        option_ids: Iterable[str] = (),
        *,
        text: str = "",
        number: float | None = None,
        pairs: Iterable[tuple[str, str]] = (),
    ) -> Answer:
        """The answer as a client wrote it: the case of an id's letters says nothing (RFC 9562)."""
        return cls(
            question_id.lower(),
            tuple(option_id.lower() for option_id in option_ids),
            text,
            None if number is None else Decimal(repr(number)),
            tuple(pairs),
        )

    def given(self) -> dict[str, Any]:
        """What is not empty, by the field of an answer it came in."""
        values = {
            "optionIds": self.option_ids,
            "text": self.text.strip(),
            "number": self.number,
            "pairs": self.pairs,
        }
        return {name: value for name, value in values.items() if value not in ((), "", None)}

    def ids(self) -> Iterator[str]:
        """The ids that it names."""
        yield self.question_id
        yield from self.option_ids
        for left, right in self.pairs:
            yield pair_id(self.question_id, "left", left)
            yield pair_id(self.question_id, "right", right)

    def document(self) -> dict[str, Any]:
        """What is kept of it, as JSON."""
        kept: dict[str, Any] = {
            "question_id": self.question_id,
            "option_ids": list(self.option_ids),
        }
        if self.text:
            kept["text"] = self.text
        if self.number is not None:
            kept["number"] = float(self.number)
        if self.pairs:
            kept["pairs"] = [list(pair) for pair in self.pairs]
        return kept

    @classmethod
    def kept(cls, document: Mapping[str, Any]) -> Answer:
        """The answer that was kept as this document."""
        return cls.of(
            document["question_id"],
            document["option_ids"],
            text=document.get("text", ""),
            number=document.get("number"),
            pairs=((left, right) for left, right in document.get("pairs", ())),
        )


def merged(saved: Iterable[Answer], newer: Iterable[Answer]) -> list[Answer]:
    """The last answer to each question."""
    return list({answer.question_id: answer for answer in (*saved, *newer)}.values())


def check_any(answers: Sequence[Answer]) -> None:
    """Raise InvalidFields where nothing is handed in: that is a client's mistake, and would cost a
    learner the attempt. Who knows no answer names a question without one."""
    if not answers:
        raise InvalidFields([Violation("answers", "must not be empty")])


def check_answers(questions: Sequence[KeptQuestion], answers: Sequence[Answer]) -> None:
    """Raise InvalidFields with every violation if `answers` do not fit `questions`."""
    known = {each.question_id: each for each in questions}
    violations: list[Violation] = []
    seen: set[str] = set()
    for index, answer in enumerate(answers):
        field = f"answers[{index}]"
        question = known.get(answer.question_id)
        if question is None:
            violations.append(Violation(f"{field}.questionId", "not a question of this quiz"))
        elif answer.question_id in seen:
            violations.append(Violation(f"{field}.questionId", "this question is answered twice"))
        else:
            violations.extend(_violations(field, question, answer))
        seen.add(answer.question_id)
    if violations:
        raise InvalidFields(violations)


def _violations(field: str, question: KeptQuestion, answer: Answer) -> Iterator[Violation]:
    wanted = "optionIds" if question.kind in BY_OPTIONS else _FIELDS[question.kind]
    for name in answer.given():
        if name != wanted:
            yield Violation(f"{field}.{name}", _WANTED[wanted])
    if wanted == "optionIds":
        yield from _option_violations(f"{field}.optionIds", question, answer)
    elif wanted == "pairs":
        yield from _pair_violations(f"{field}.pairs", question, answer)


def _option_violations(field: str, question: KeptQuestion, answer: Answer) -> Iterator[Violation]:
    known = {option.option_id for option in question.options}
    seen: set[str] = set()
    for index, option_id in enumerate(answer.option_ids):
        if option_id not in known:
            yield Violation(f"{field}[{index}]", "not an option of this question")
        elif option_id in seen:
            yield Violation(f"{field}[{index}]", "this option is chosen twice")
        seen.add(option_id)
    several = (QuestionKind.MULTIPLE_CHOICE, QuestionKind.ORDERING)
    if question.kind not in several and len(seen) > 1:
        yield Violation(field, "this question takes one option only")


def _pair_violations(field: str, question: KeptQuestion, answer: Answer) -> Iterator[Violation]:
    lefts = {option.text for option in question.options if option.text}
    rights = {option.match for option in question.options}
    seen: set[str] = set()
    for index, (left, right) in enumerate(answer.pairs):
        if left not in lefts:
            yield Violation(f"{field}[{index}].left", "not one of the lefts of this question")
        elif left in seen:
            yield Violation(f"{field}[{index}].left", "this left side is paired twice")
        if right not in rights:
            yield Violation(f"{field}[{index}].right", "not one of the rights of this question")
        seen.add(left)
