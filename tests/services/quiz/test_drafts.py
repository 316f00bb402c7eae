"""What an author is shown may be sent back as it is."""

from dataclasses import replace
from itertools import count
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.quiz import gift
from services.quiz.drafts import quiz_message, written_quiz
from services.quiz.exporting import gift_of
from services.quiz.kept import QuizVersion
from services.quiz.matching import with_ids
from services.quiz.questions import Question
from services.quiz.rules import Grading, Review, Rules
from stellr.quiz.v1 import quiz_authoring_service_pb2 as pb
from stellr.quiz.v1 import quiz_pb2
from tests.services.quiz.gift.test_writing import question

RULES = st.builds(
    Rules,
    time_limit_seconds=st.integers(0, 100),
    grading=st.sampled_from(Grading),
    review=st.sampled_from(Review),
    shuffle=st.booleans(),
    partial_credit=st.booleans(),
)


def kept(questions: list[Question], rules: Rules = Rules()) -> QuizVersion:  # noqa: B008
    ids = (UUID(int=number) for number in count(1))
    made = with_ids(questions, (), ids)
    return QuizVersion(next(ids), next(ids), "Quiz", 70, made, rules)


@given(st.lists(question(), min_size=1, max_size=4), RULES)
def test_what_is_shown_is_the_same_when_it_comes_back(
    questions: list[Question], rules: Rules
) -> None:
    quiz = kept(questions, rules)
    draft = quiz_message(UUID(int=1), quiz)
    written = written_quiz(draft, quiz.questions)
    assert (written.title, written.pass_percentage, written.rules) == ("Quiz", 70, rules)
    again = with_ids(written.questions, quiz.questions, iter(()))
    assert again == quiz.questions


@given(st.lists(question(), min_size=1, max_size=4))
def test_a_kept_question_is_exported_as_it_was_written(questions: list[Question]) -> None:
    exported = gift_of(kept(questions))
    assert [replace(each, line=0) for each in gift.parse(exported)] == questions


def draft_of(*options: pb.AuthoredOption, kind: str = "MULTIPLE_CHOICE") -> Question:
    draft = pb.AuthoredQuiz(title="Q")
    draft.questions.add(
        text="  q\u200b ",
        type=quiz_pb2.QuestionType.Value(f"QUESTION_TYPE_{kind}"),
        options=options,
    )
    (made,) = written_quiz(draft, ()).questions
    return made


def test_right_options_share_the_points() -> None:
    option = pb.AuthoredOption
    made = draft_of(
        *(option(text=text, correct=True) for text in "abc"), option(text=" d "), option(text="e")
    )
    assert made.text == "q"
    assert [each.weight for each in made.options] == [33.33333] * 3 + [None] * 2
    assert made.options[3].text == "d"


def test_true_and_false_are_a_question_of_their_own() -> None:
    option = pb.AuthoredOption
    made = draft_of(
        option(text="false", correct=True, feedback="Yes"), option(text="TRUE"), kind="TRUE_FALSE"
    )
    assert [(each.text, each.right, each.feedback) for each in made.options] == [
        ("True", False, ""),
        ("False", True, "Yes"),
    ]
