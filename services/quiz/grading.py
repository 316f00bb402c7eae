"""Grading: the answers of a learner against the questions of a quiz.

A question is all or nothing: its points are given when exactly the right options were chosen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from services.kit.errors import InvalidFields, Violation
from services.quiz.kept import KeptQuestion
from services.quiz.questions import QuestionKind


@dataclass(frozen=True, slots=True)
class Answer:
    """What the learner chose for one question; no options means unanswered."""

    question_id: str
    option_ids: tuple[str, ...]

    @classmethod
    def of(cls, question_id: str, option_ids: Iterable[str]) -> Answer:
        """The answer as a client wrote it: the case of an id's letters says nothing (RFC 9562)."""
        return cls(question_id.lower(), tuple(option_id.lower() for option_id in option_ids))


@dataclass(frozen=True, slots=True)
class QuestionGrade:
    """The outcome of one question."""

    question_id: str
    correct: bool
    points: int


@dataclass(frozen=True, slots=True)
class Grade:
    """The outcome of a quiz; `percentage` is 0 to 100, rounded to two decimals for showing."""

    questions: tuple[QuestionGrade, ...]
    score: int
    max_score: int
    percentage: float
    passed: bool


def grade(
    questions: Sequence[KeptQuestion], answers: Sequence[Answer], pass_percentage: float
) -> Grade:
    """Grade `answers` against all `questions`; an unanswered question earns nothing.

    `passed` compares the exact fraction with `pass_percentage` (0 to 100), so 59.999 % does
    not pass at 60 though it is shown as 60.0. Raises InvalidFields with every violation, and
    ValueError for a quiz without questions.
    """
    check_answers(questions, answers)
    chosen = {answer.question_id: frozenset(answer.option_ids) for answer in answers}
    grades = tuple(
        _grade_question(each, chosen.get(each.question_id, frozenset())) for each in questions
    )
    score, max_score = sum(each.points for each in grades), sum(each.points for each in questions)
    if max_score == 0:
        raise ValueError("a quiz without questions cannot be graded")
    percentage = Fraction(100 * score, max_score)
    return Grade(
        questions=grades,
        score=score,
        max_score=max_score,
        percentage=float(round(percentage, 2)),
        passed=percentage >= Fraction(pass_percentage),
    )


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
            violations.extend(_option_violations(f"{field}.optionIds", question, answer))
        seen.add(answer.question_id)
    if violations:
        raise InvalidFields(violations)


def _option_violations(field: str, question: KeptQuestion, answer: Answer) -> Iterator[Violation]:
    known = {option.option_id for option in question.options}
    seen: set[str] = set()
    for index, option_id in enumerate(answer.option_ids):
        if option_id not in known:
            yield Violation(f"{field}[{index}]", "not an option of this question")
        elif option_id in seen:
            yield Violation(f"{field}[{index}]", "this option is chosen twice")
        seen.add(option_id)
    if question.kind is not QuestionKind.MULTIPLE_CHOICE and len(seen) > 1:
        yield Violation(field, "this question takes one option only")


def _grade_question(question: KeptQuestion, chosen: frozenset[str]) -> QuestionGrade:
    right = frozenset(option.option_id for option in question.options if option.right)
    correct = bool(chosen) and chosen == right
    return QuestionGrade(question.question_id, correct, question.points if correct else 0)
