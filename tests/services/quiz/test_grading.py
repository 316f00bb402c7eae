from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from services.quiz.grading import AnswerError, Grade, Violation, grade
from services.quiz.questions import QuestionKind


@dataclass(frozen=True)
class AnOption:
    option_id: str
    right: bool


@dataclass(frozen=True)
class AQuestion:
    question_id: str
    kind: QuestionKind
    points: int
    options: Sequence[AnOption]


@dataclass(frozen=True)
class AnAnswer:
    question_id: str
    option_ids: Sequence[str]


SINGLE = AQuestion(
    "single", QuestionKind.SINGLE_CHOICE, 1, [AnOption("s1", True), AnOption("s2", False)]
)
MULTIPLE = AQuestion(
    "multiple",
    QuestionKind.MULTIPLE_CHOICE,
    3,
    [AnOption("m1", True), AnOption("m2", True), AnOption("m3", False)],
)
TRUTH = AQuestion(
    "truth", QuestionKind.TRUE_FALSE, 2, [AnOption("t1", False), AnOption("t2", True)]
)
QUIZ = [SINGLE, MULTIPLE, TRUTH]


def graded(*answers: tuple[str, list[str]], at: float = 60) -> Grade:
    return grade(QUIZ, [AnAnswer(*answer) for answer in answers], at)


def violations(*answers: tuple[str, list[str]]) -> list[Violation]:
    with pytest.raises(AnswerError) as error:
        graded(*answers)
    return error.value.violations


def test_all_right_is_all_points() -> None:
    result = graded(("truth", ["t2"]), ("single", ["s1"]), ("multiple", ["m2", "m1"]))
    assert [(each.question_id, each.correct, each.points) for each in result.questions] == [
        ("single", True, 1),
        ("multiple", True, 3),
        ("truth", True, 2),
    ]
    assert (result.score, result.max_score, result.percentage, result.passed) == (6, 6, 100, True)


@pytest.mark.parametrize("chosen", [["m1"], ["m1", "m2", "m3"], ["m3"], []])
def test_multiple_choice_is_all_or_nothing(chosen: list[str]) -> None:
    result = graded(("multiple", chosen))
    assert not result.questions[1].correct
    assert result.score == 0


def test_unanswered_is_nothing() -> None:
    result = graded()
    assert (result.score, result.max_score, result.percentage, result.passed) == (0, 6, 0, False)


def test_percentage_is_rounded_to_two_decimals() -> None:
    assert graded(("single", ["s1"])).percentage == 16.67


def test_passing_compares_the_exact_fraction() -> None:
    nearly = [
        AQuestion("a", QuestionKind.SINGLE_CHOICE, 59_999, [AnOption("a1", True)]),
        AQuestion("b", QuestionKind.SINGLE_CHOICE, 40_001, [AnOption("b1", True)]),
    ]
    result = grade(nearly, [AnAnswer("a", ["a1"])], 60)
    assert (result.percentage, result.passed) == (60.0, False)
    assert graded(("multiple", ["m1", "m2"]), at=50).passed


def test_passing_at_zero_is_always_given() -> None:
    assert graded(at=0).passed


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([("nobody", ["s1"])], [("answers[0].question_id", "not a question of this quiz")]),
        ([("single", ["m1"])], [("answers[0].option_ids[0]", "not an option of this question")]),
        ([("single", ["s1", "s2"])], [("answers[0].option_ids", "takes one option only")]),
        ([("truth", ["t1", "t2"])], [("answers[0].option_ids", "takes one option only")]),
        ([("multiple", ["m1", "m1"])], [("answers[0].option_ids[1]", "chosen twice")]),
        (
            [("single", ["s1"]), ("single", ["s1"])],
            [("answers[1].question_id", "answered twice")],
        ),
        (
            [("truth", []), ("multiple", ["m1", "x", "m1"]), ("gone", [])],
            [
                ("answers[1].option_ids[1]", "not an option"),
                ("answers[1].option_ids[2]", "chosen twice"),
                ("answers[2].question_id", "not a question"),
            ],
        ),
    ],
)
def test_tells_every_violation(
    answers: list[tuple[str, list[str]]], expected: list[tuple[str, str]]
) -> None:
    found = violations(*answers)
    assert [each.field for each in found] == [field for field, _ in expected]
    for violation, (_, reason) in zip(found, expected, strict=True):
        assert reason in violation.reason


def test_a_quiz_without_questions_cannot_be_graded() -> None:
    with pytest.raises(ValueError, match="without questions"):
        grade([], [], 60)
