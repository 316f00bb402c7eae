from uuid import UUID

import pytest

from services.kit.errors import InvalidArgument
from services.quiz.kept import KeptOption, KeptQuestion, KeptQuiz
from services.quiz.outcome import feedback, outcome
from services.quiz.questions import QuestionKind
from stellr.quiz.v1 import quiz_service_pb2 as pb

ONE = KeptQuestion(
    "one",
    "Which?",
    QuestionKind.SINGLE_CHOICE,
    2,
    "general",
    (KeptOption("a", "A", True, "well done"), KeptOption("b", "B", False, "")),
)
MANY = KeptQuestion(
    "many",
    "Which ones?",
    QuestionKind.MULTIPLE_CHOICE,
    1,
    "",
    (KeptOption("c", "C", True, "C it is"), KeptOption("d", "D", True, "and D")),
)
QUIZ = KeptQuiz(UUID(int=7), "Quiz", 60, (ONE, MANY))


def answer(question: str, *options: str) -> pb.Answer:
    return pb.Answer(question_id=question, option_ids=options)


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
    assert feedback(question, chosen) == said


def test_the_outcome_holds_the_grade_and_the_answers() -> None:
    values = outcome(QUIZ, [answer("one", "a"), answer("many", "c")])
    assert (values["score"], values["max_score"]) == (2, 3)
    assert values["percentage"] == 66.67
    assert values["passed"] is True
    assert values["quiz_id"] == QUIZ.quiz_id
    assert values["answers"][1] == {"question_id": "many", "option_ids": ["c"]}
    assert values["question_results"] == [
        {"question_id": "one", "correct": True, "points": 2, "feedback": "well done"},
        {"question_id": "many", "correct": False, "points": 0, "feedback": "C it is"},
    ]


def test_all_that_does_not_fit_is_told_at_once_as_json_names_it() -> None:
    wrong = [answer("one", "a", "b"), answer("many", "c", "zzz"), answer("none"), answer("one")]
    with pytest.raises(InvalidArgument) as refused:
        outcome(QUIZ, wrong)
    assert [each.field for each in refused.value.violations] == [
        "answers[0].optionIds",
        "answers[1].optionIds[1]",
        "answers[2].questionId",
        "answers[3].questionId",
    ]
