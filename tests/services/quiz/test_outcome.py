from uuid import UUID

import pytest

from services.kit.errors import InvalidArgument
from services.quiz.answers import Answer
from services.quiz.kept import KeptOption, KeptQuestion, QuizVersion
from services.quiz.outcome import feedback, outcome
from services.quiz.questions import QuestionKind

ONE = KeptQuestion(
    "one",
    "",
    "Which?",
    QuestionKind.SINGLE_CHOICE,
    2,
    "general",
    (KeptOption("a", "A", True, None, "well done"), KeptOption("b", "B", False, None, "")),
)
MANY = KeptQuestion(
    "many",
    "",
    "Which ones?",
    QuestionKind.MULTIPLE_CHOICE,
    1,
    "",
    (KeptOption("c", "C", True, 50, "C it is"), KeptOption("d", "D", True, 50, "and D")),
)
QUIZ = QuizVersion(UUID(int=7), UUID(int=8), "Quiz", 60, (ONE, MANY))


def answer(question: str, *options: str) -> Answer:
    return Answer.of(question, options)


@pytest.mark.parametrize(
    ("question", "chosen", "said"),
    [
        (ONE, {"a"}, "well done"),
        (ONE, {"b"}, "general"),
        (ONE, set(), "general"),
        (MANY, {"d", "c"}, "C it is\nand D"),
        (MANY, set(), ""),
    ],
)
def test_the_options_chosen_speak_before_the_question(
    question: KeptQuestion, chosen: set[str], said: str
) -> None:
    assert feedback(question, answer(question.question_id, *chosen)) == said
    assert feedback(question, None) == question.feedback


def test_the_outcome_holds_the_grade_and_the_answers() -> None:
    found = outcome(QUIZ, [answer("ONE", "A"), answer("Many", "c")])
    assert (found.score, found.max_score, found.percentage, found.passed) == (2, 3, 66.67, True)
    assert found.answers == [
        {"question_id": "one", "option_ids": ["a"]},
        {"question_id": "many", "option_ids": ["c"]},
    ]
    assert found.question_results == [
        {"question_id": "one", "correct": True, "points": 2, "feedback": "well done"},
        {"question_id": "many", "correct": False, "points": 0, "feedback": "C it is"},
    ]


def test_all_that_does_not_fit_is_told_at_once_as_json_names_it() -> None:
    wrong = [answer("one", "a", "b"), answer("many", "c", "zzz"), answer("none"), answer("ONE")]
    with pytest.raises(InvalidArgument) as refused:
        outcome(QUIZ, wrong)
    assert [each.field for each in refused.value.violations] == [
        "answers[0].optionIds",
        "answers[1].optionIds[1]",
        "answers[2].questionId",
        "answers[3].questionId",
    ]
