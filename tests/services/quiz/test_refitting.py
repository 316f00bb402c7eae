"""What answers to a version before are worth by a corrected one."""

from __future__ import annotations

from uuid import uuid4

import pytest

from services.quiz import gift
from services.quiz.answers import Answer
from services.quiz.kept import KeptQuestion, QuizVersion
from services.quiz.matching import with_ids
from services.quiz.refitting import graded_anew


def version(text: str, before: QuizVersion | None = None) -> QuizVersion:
    old = before.questions if before else ()
    questions = with_ids(gift.parse(text), old, iter(uuid4, None))
    return QuizVersion(uuid4(), uuid4(), "Quiz", 60, questions)


def chosen(question: KeptQuestion, *texts: str) -> Answer:
    by_text = {option.text: option.option_id for option in question.options}
    return Answer.of(question.question_id, [by_text[text] for text in texts])


def percentage(before: QuizVersion, now: QuizVersion, *answers: Answer) -> float | None:
    graded = graded_anew([each.question_id for each in before.questions], answers, before, now)
    return graded.percentage if graded else None


@pytest.mark.parametrize(
    ("before", "now", "texts", "worth"),
    [
        # Another option is right: those of one text are one.
        ("Q {=a ~b ~c}", "Q {~a =b ~c}", ["b"], 100),
        ("Q {=a ~b ~c}", "Q {~a =b ~c}", ["a"], 0),
        ("Q {=a ~b ~c}", "Q {~c =b ~a}", [], 0),
        ("Q {~%50%a ~%50%b ~c}", "Q {~%50%a ~b ~%50%c}", ["a", "c"], 100),
        ("Q {T}", "Q {F}", ["False"], 100),
        ("Q {>\na\nb\nc\n}", "Q {>\nb\na\nc\n}", ["b", "a", "c"], 100),
        # A slip of the pen, mended with it.
        ("Capital? {=Paris ~Lyonn}", "Capital? {=Paris ~Lyon}", ["Lyonn"], 0),
        ("Capital? {=Pariss ~Lyon}", "Capital? {=Paris ~Lyon}", ["Pariss"], 100),
        # What was chosen is gone, or what is right was not there.
        ("Q {=a ~b ~c}", "Q {=a ~c}", ["b"], None),
        ("Q {=a ~b}", "Q {~a ~b =something}", ["a"], None),
        ("Q {>\na\nb\nc\n}", "Q {>\na\nb\nc\nd\n}", ["a", "b", "c"], None),
        # It is answered in another way, or by others.
        ("Q {=a ~b}", "Q {~%50%a ~%50%b ~c}", ["a"], None),
        ("Q {=a ~b}", "Q {=a =b}", ["a"], None),
        ("Q {=a ~b}", "Other {=x ~y}", ["a"], None),
    ],
)
def test_choices(before: str, now: str, texts: list[str], worth: float | None) -> None:
    old = version(before)
    answer = chosen(old.questions[0], *texts)
    assert percentage(old, version(now, old), answer) == worth


def test_texts_and_numbers_are_graded_by_what_is_right_now() -> None:
    old = version("::A::Sun is a {=planet}\n\n::B::Pi is {#3}")
    now = version("::A::Sun is a {=star =planet}\n\n::B::Pi is {#3.14:0.01}", old)
    text, number = (question.question_id for question in old.questions)
    answers = [Answer.of(text, text="Star"), Answer.of(number, number=3.14)]
    assert percentage(old, now, *answers) == 100
    assert percentage(old, now, Answer.of(text, text="moon")) == 0


@pytest.mark.parametrize(
    ("now", "worth"),
    [
        ("Match {=Mars -> blue =Earth -> red}", 100),
        ("Match {=Mars -> green =Earth -> red}", None),
        ("Match {=Venus -> blue =Earth -> red}", None),
    ],
)
def test_pairs_are_what_they_say(now: str, worth: float | None) -> None:
    old = version("Match {=Mars -> red =Earth -> blue}")
    question = old.questions[0].question_id
    answer = Answer.of(question, pairs=[("Mars", "blue"), ("Earth", "red")])
    assert percentage(old, version(now, old), answer) == worth


def test_a_question_that_came_later_was_not_asked() -> None:
    old = version("::A::One? {T}")
    now = version("::A::One? {T}\n\n::B::Two? {T}", old)
    assert percentage(old, now, chosen(old.questions[0], "True")) == 100


def test_only_what_was_asked_of_an_attempt_must_be_there() -> None:
    old = version("::A::One? {T}\n\n::B::Two things? {T}")
    now = version("::A::One? {F}", old)
    one, two = old.questions
    assert graded_anew([two.question_id], [], old, now) is None
    assert graded_anew([], [], old, now) is None
    graded = graded_anew([one.question_id], [chosen(one, "False")], old, now)
    assert graded
    assert (graded.score, graded.max_score, graded.passed) == (1, 1, True)
