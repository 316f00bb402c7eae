from itertools import count
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.errors import InvalidFields, Violation
from services.quiz import gift
from services.quiz.answers import Answer
from services.quiz.grading import Grade, grade
from services.quiz.kept import KeptOption, KeptQuestion
from services.quiz.matching import with_ids
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


def test_part_of_a_choice_is_worth_part_of_its_points() -> None:
    def points(*chosen: str, partial: bool = True) -> float:
        return grade([MULTIPLE], [Answer.of("multiple", chosen)], 60, partial_credit=partial).score

    assert [points("m1"), points("m1", "m2"), points("m1", "m3"), points("m1", "m2", "m3")] == [
        1.5,
        3,
        0,
        1.5,
    ]
    assert points("m1", partial=False) == 0


def written(gift_text: str) -> list[KeptQuestion]:
    ids = (UUID(int=number) for number in count(1))
    return list(with_ids(gift.parse(gift_text), (), ids))


@pytest.mark.parametrize(
    ("gift_text", "answer", "score"),
    [
        ("q {=Ann =%50%Bob =%20%B*}", {"text": "BOB"}, 0.5),
        ("q {=Ann =%50%Bob =%20%B*}", {"text": "bill"}, 0.2),
        ("q {=Ann}", {"text": "  "}, 0),
        ("q {#=3:0.1 =%50%2..4 ~#no}", {"number": 3.1}, 1),
        ("q {#=3:0.1 =%50%2..4 ~#no}", {"number": 2.0}, 0.5),
        ("q {#=3:0.1 =%50%2..4 ~#no}", {"number": 9}, 0),
        ("q {=a -> x =b -> y = -> z}", {"pairs": [("a", "x"), ("b", "y")]}, 1),
        ("q {=a -> x =b -> y = -> z}", {"pairs": [("a", "x"), ("b", "z")]}, 0),
    ],
)
def test_words_numbers_and_pairs(gift_text: str, answer: dict[str, Any], score: float) -> None:
    questions = written(gift_text)
    given = Answer.of(questions[0].question_id, **answer)
    assert grade(questions, [given], 60).score == score
    assert Answer.kept(given.document()) == given


def test_an_order_is_right_as_a_whole_or_place_by_place() -> None:
    (question,) = written("q {>\na\nb\nc\nd\n}")
    one, two, three, four = (option.option_id for option in question.options)

    def score(*ids: str, partial: bool = False) -> float:
        answers = [Answer.of(question.question_id, ids)]
        return grade([question], answers, 60, partial_credit=partial).score

    assert score(one, two, three, four) == 1
    assert score(one, two, four, three) == 0
    assert score(one, two, four, three, partial=True) == 0.5
    assert score(one, partial=True) == 0.25


@given(st.data())
def test_a_grade_is_never_below_nothing_or_above_all(data: st.DataObject) -> None:
    questions = written(
        "A {~%50%a ~%50%b ~%-100%c ~d}\n\nB {=a ~%30%b ~c}\n\nC {=a -> x =b -> y}\n\nD {>\na\nb\nc}"
    )
    answers = []
    for question in questions:
        ids = [option.option_id for option in question.options]
        most = 1 if question.kind is QuestionKind.SINGLE_CHOICE else len(ids)
        if question.kind is QuestionKind.MATCHING:
            pairs = [(left, data.draw(st.sampled_from("xy"))) for left in "ab"]
            answers.append(Answer.of(question.question_id, pairs=pairs))
        else:
            chosen = data.draw(st.lists(st.sampled_from(ids), unique=True, max_size=most))
            answers.append(Answer.of(question.question_id, chosen))
    strict = grade(questions, answers, 60)
    partial = grade(questions, answers, 60, partial_credit=True)
    assert 0 <= strict.score <= partial.score <= strict.max_score == 4
    assert 0 <= partial.percentage <= 100
    assert {each.correct for each in strict.questions} <= {True, False}
    assert [each.correct for each in strict.questions] == [
        each.points == 1 for each in strict.questions
    ]
