import pytest

from services.kit.errors import InvalidFields, Violation
from services.quiz.answers import Answer
from services.quiz.grading import Grade, grade
from services.quiz.kept import KeptOption, KeptQuestion
from services.quiz.questions import QuestionKind


def a_question(question_id: str, kind: QuestionKind, points: int, **right: bool) -> KeptQuestion:
    options = tuple(KeptOption(each, each, is_right, None, "") for each, is_right in right.items())
    return KeptQuestion(question_id, "", question_id, kind, points, "", options)


SINGLE = a_question("single", QuestionKind.SINGLE_CHOICE, 1, s1=True, s2=False)
MULTIPLE = a_question("multiple", QuestionKind.MULTIPLE_CHOICE, 3, m1=True, m2=True, m3=False)
TRUTH = a_question("truth", QuestionKind.TRUE_FALSE, 2, t1=False, t2=True)
QUIZ = [SINGLE, MULTIPLE, TRUTH]


def graded(*answers: tuple[str, list[str]], at: float = 60) -> Grade:
    return grade(QUIZ, [Answer.of(*answer) for answer in answers], at)


def violations(*answers: tuple[str, list[str]]) -> list[Violation]:
    with pytest.raises(InvalidFields) as error:
        graded(*answers)
    return list(error.value.violations)


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
        a_question("a", QuestionKind.SINGLE_CHOICE, 59_999, a1=True),
        a_question("b", QuestionKind.SINGLE_CHOICE, 40_001, b1=True),
    ]
    result = grade(nearly, [Answer.of("a", ["a1"])], 60)
    assert (result.percentage, result.passed) == (60.0, False)
    assert graded(("multiple", ["m1", "m2"]), at=50).passed


def test_passing_at_zero_is_always_given() -> None:
    assert graded(at=0).passed


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([("nobody", ["s1"])], [("answers[0].questionId", "not a question of this quiz")]),
        ([("single", ["m1"])], [("answers[0].optionIds[0]", "not an option of this question")]),
        ([("single", ["s1", "s2"])], [("answers[0].optionIds", "takes one option only")]),
        ([("truth", ["t1", "t2"])], [("answers[0].optionIds", "takes one option only")]),
        ([("multiple", ["m1", "m1"])], [("answers[0].optionIds[1]", "chosen twice")]),
        (
            [("single", ["s1"]), ("single", ["s1"])],
            [("answers[1].questionId", "answered twice")],
        ),
        (
            [("truth", []), ("multiple", ["m1", "x", "m1"]), ("gone", [])],
            [
                ("answers[1].optionIds[1]", "not an option"),
                ("answers[1].optionIds[2]", "chosen twice"),
                ("answers[2].questionId", "not a question"),
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
        assert reason in violation.description


def test_the_case_of_ids_says_nothing() -> None:
    assert graded(("TRUTH", ["T2"]), ("Single", ["s1"])).score == 3
    assert violations(("single", ["s1"]), ("SINGLE", ["s1"]), ("multiple", ["m1", "M1"])) == [
        Violation("answers[1].questionId", "this question is answered twice"),
        Violation("answers[2].optionIds[1]", "this option is chosen twice"),
    ]


def test_a_quiz_without_questions_cannot_be_graded() -> None:
    with pytest.raises(ValueError, match="without questions"):
        grade([], [], 60)
