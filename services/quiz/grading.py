"""Grading: the answers of a learner against the questions of a quiz.

A choice, a matching and an ordering are all or nothing unless the quiz gives credit for a part.
Answers in words and numbers are worth what their author wrote, always.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from services.quiz.answers import Answer, check_answers
from services.quiz.kept import KeptOption, KeptQuestion
from services.quiz.numbers import read_range
from services.quiz.questions import FULL_SHARE, QuestionKind
from services.quiz.texts import matches

NONE, ALL = Fraction(0), Fraction(1)


@dataclass(frozen=True, slots=True)
class QuestionGrade:
    """The outcome of one question: points of its own, rounded to four decimals."""

    question_id: str
    correct: bool
    points: float


@dataclass(frozen=True, slots=True)
class Grade:
    """The outcome of a quiz; `percentage` is 0 to 100, rounded to two decimals for showing."""

    questions: tuple[QuestionGrade, ...]
    score: float
    max_score: int
    percentage: float
    passed: bool


def grade(
    questions: Sequence[KeptQuestion],
    answers: Sequence[Answer],
    pass_percentage: float,
    *,
    partial_credit: bool = False,
) -> Grade:
    """Grade `answers` against all `questions`; an unanswered question earns nothing.

    `passed` compares the exact fraction with `pass_percentage` (0 to 100), so 59.999 % does
    not pass at 60 though it is shown as 60.0. Raises InvalidFields with every violation, and
    ValueError for a quiz without questions.
    """
    check_answers(questions, answers)
    max_score = sum(question.points for question in questions)
    if max_score == 0:
        raise ValueError("a quiz without questions cannot be graded")
    given = {answer.question_id: answer for answer in answers if answer.given()}
    shares = [share(question, given, partial_credit=partial_credit) for question in questions]
    pairs = list(zip(questions, shares, strict=True))
    score = sum((question.points * each for question, each in pairs), NONE)
    percentage = FULL_SHARE * score / max_score
    return Grade(
        questions=tuple(
            QuestionGrade(question.question_id, each == ALL, _rounded(question.points * each, 4))
            for question, each in pairs
        ),
        score=_rounded(score, 4),
        max_score=max_score,
        percentage=_rounded(percentage, 2),
        passed=percentage >= Fraction(pass_percentage),
    )


def share(question: KeptQuestion, given: Mapping[str, Answer], *, partial_credit: bool) -> Fraction:
    """How much of a question's points its answer is worth, 0 to 1."""
    answer = given.get(question.question_id)
    if answer is None:
        return NONE
    if question.kind is QuestionKind.SHORT_TEXT or question.kind is QuestionKind.NUMERIC:
        best = max((_weight(each) for each in met(question, answer)), default=NONE)
        return min(ALL, max(NONE, best))
    if question.kind in _PARTS:
        worth = _PARTS[question.kind](question, answer)
        return worth if partial_credit or worth == ALL else NONE
    return _of_choice(question, answer, partial_credit=partial_credit)


def met(question: KeptQuestion, answer: Answer) -> Iterator[KeptOption]:
    """The answers that the author wrote which this text or number is one of."""
    for option in question.options:
        if question.kind is QuestionKind.SHORT_TEXT:
            fits = matches(option.text, answer.text)
        else:
            fits = option.text != "*" and answer.number in read_range(option.text)
        if fits:
            yield option


def _of_choice(question: KeptQuestion, answer: Answer, *, partial_credit: bool) -> Fraction:
    chosen = [each for each in question.options if each.option_id in answer.option_ids]
    right = [option for option in question.options if option.right]
    if chosen == right or not partial_credit:
        return ALL if chosen == right else NONE
    one = Fraction(1, max(1, len(right)))
    wrong = -one if question.kind is QuestionKind.MULTIPLE_CHOICE else NONE
    worth = sum((_choice_weight(option, one, wrong) for option in chosen), NONE)
    return min(ALL, max(NONE, worth))


def _choice_weight(option: KeptOption, right: Fraction, wrong: Fraction) -> Fraction:
    """What is wrong and has no weight takes what a right one gives: so all at once is nothing."""
    if option.weight is None:
        return right if option.right else wrong
    return Fraction(option.weight) / FULL_SHARE


def _of_pairs(question: KeptQuestion, answer: Answer) -> Fraction:
    said = dict(answer.pairs)
    asked = [option for option in question.options if option.text]
    return Fraction(sum(said.get(each.text) == each.match for each in asked), len(asked))


def _of_order(question: KeptQuestion, answer: Answer) -> Fraction:
    """How many items stand at their places."""
    right = [option.option_id for option in question.options]
    stand = sum(one == other for one, other in zip(right, answer.option_ids, strict=False))
    return Fraction(stand, len(right))


_PARTS: Mapping[QuestionKind, Callable[[KeptQuestion, Answer], Fraction]] = {
    QuestionKind.MATCHING: _of_pairs,
    QuestionKind.ORDERING: _of_order,
}


def _weight(option: KeptOption) -> Fraction:
    return ALL if option.weight is None else Fraction(option.weight) / FULL_SHARE


def _rounded(number: Fraction, decimals: int) -> float:
    return float(round(number, decimals))
