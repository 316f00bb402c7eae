from itertools import chain, combinations, count
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.quiz import gift
from services.quiz.answers import Answer
from services.quiz.grading import grade
from services.quiz.kept import KeptQuestion
from services.quiz.matching import with_ids
from services.quiz.questions import Option, Question, QuestionKind


def version(text: str, before: tuple[KeptQuestion, ...] = ()) -> tuple[KeptQuestion, ...]:
    return numbered(gift.parse(text), before)


def numbered(
    questions: list[Question], before: tuple[KeptQuestion, ...] = ()
) -> tuple[KeptQuestion, ...]:
    start = 1 + max((UUID(each).int for each in ids(before)), default=0)
    return with_ids(questions, before, (UUID(int=number) for number in count(start)))


def ids(questions: tuple[KeptQuestion, ...]) -> list[str]:
    """Question by question its id and those of its options."""
    return list(
        chain.from_iterable(
            (each.question_id, *(option.option_id for option in each.options)) for each in questions
        )
    )


def options(question: KeptQuestion) -> dict[str, str]:
    return {option.text: option.option_id for option in question.options}


def test_everything_new_gets_an_id_of_its_own() -> None:
    text = "Q1 {=a#yes ~b}\n\nQ2 {=a ~c}\n\nQ1 {=x ~y}\n"
    made = ids(version(text))
    assert len(set(made)) == len(made) == 9


def test_the_same_again_has_the_same_ids() -> None:
    text = "::A::Q {=a ~b}\n\n::B::Q {=a ~b}\n\nQ {=a ~c}\n\nQ {T}\n\nQ {T}"
    first = version(text)
    assert version(text, first) == first


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ("::Q1::Capital of France? {=Paris ~Lyon}", "::Q1::What is it? {=Paris ~Lyon}"),
        ("::Q1::Capital of France? {=Paris ~Lyon}", "::Q9::Capital of France? {=Paris ~Lyon}"),
        ("Capital of Frence? {=Paris ~Lyon}", "The capital of France? {=Paris ~Lyon}"),
        ("Capital? {=Paris ~Lyon ~Lile}", "Capital? {=Paris ~Lyon ~Lille}"),
        ("Capital? {=Pariss#No! ~Lyon}", "Capital? {=Paris#Yes! ~Lyon}"),
        ("::E::The erth is flat {F}", "::E::The earth is flat {F#why}"),
    ],
)
def test_rewording_keeps_all_ids(before: str, now: str) -> None:
    first = version(before)
    assert ids(version(now, first)) == ids(first)


def test_ids_follow_what_moves() -> None:
    first = version("::1::One? {=a ~b}\n\n::2::Two? {=c ~d}\n\n::3::Three? {=e ~f}")
    moved = version("::1::Three? {~f =e}\n\n::2::New? {=x ~y}\n\n::3::Two? {=c ~d}", first)
    assert [each.question_id for each in moved[::2]] == [first[2].question_id, first[1].question_id]
    assert moved[1].question_id not in ids(first)[3:]
    assert options(moved[0]) == options(first[2])


def test_equal_texts_are_told_apart_by_titles_and_options() -> None:
    first = version("::A::Which? {=a ~b}\n\n::B::Which? {=c ~d}\n\nWhich? {=e ~f}")
    moved = version("Which? {=e ~f}\n\n::B::Which? {=c ~d}\n\n::A::Which? {=a ~b}", first)
    assert set(moved) == set(first)


@pytest.mark.parametrize(
    ("before", "now", "kept"),
    [
        # Another option in the place of one.
        ("q {=a ~Lille ~Lyon}", "q {=a ~Nice ~Lyon}", {"a", "Lyon"}),
        # The key is corrected, or what is asked is turned round.
        ("q {=a ~b ~c}", "q {~a =b ~c}", {"c"}),
        ("::Q::2 + 2 is 4. {T}", "::Q::2 + 2 is 5. {F}", set()),
        # Another right one instead of one, and one more.
        ("q {~%50%a ~%50%b ~c}", "q {~%50%a ~%50%x ~c}", {"a", "c"}),
        ("q {~%50%a ~%50%b ~c}", "q {~%33%a ~%33%b ~%33%x ~c}", {"c"}),
        ("q {~%33%a ~%33%b ~%33%x ~c}", "q {~%50%a ~%50%b ~c}", {"c"}),
        # Another kind, and another question under the same title.
        ("q {=a ~b}", "q {~%100%a ~b}", set()),
        ("::Q::2 + 2? {=4 ~5}", "::Q::Capital of France? {=Paris ~Lyon}", set()),
        ("::Q::3 + 3 is 7 {F}", "::Q::Water is dry {F}", set()),
    ],
)
def test_an_option_keeps_its_id_while_it_is_as_right_as_before(
    before: str, now: str, kept: set[str]
) -> None:
    (first,), (second,) = version(before), version(now, version(before))
    assert second.question_id == first.question_id
    same = options(first).items() & options(second).items()
    assert {text for text, _ in same} == kept
    renewed = set(options(second).values()) - {option_id for _, option_id in same}
    assert not renewed & set(options(first).values())


@st.composite
def written(draw: st.DrawFn) -> Question:
    texts = draw(st.lists(st.sampled_from("abcdef"), min_size=2, max_size=5, unique=True))
    right = draw(st.lists(st.booleans(), min_size=len(texts), max_size=len(texts)).filter(any))
    kind = draw(st.sampled_from([QuestionKind.SINGLE_CHOICE, QuestionKind.MULTIPLE_CHOICE]))
    if kind is QuestionKind.SINGLE_CHOICE:
        right = [place == right.index(True) for place in range(len(texts))]
    pairs = zip(texts, right, strict=True)
    return Question("q", kind, tuple(Option(text, each) for text, each in pairs), line=1)


@given(written(), written())
def test_answers_that_fit_two_versions_are_worth_the_same_in_both(
    before: Question, now: Question
) -> None:
    first = numbered([before])
    second = numbered([now], first)
    common = sorted(set(options(first[0]).values()) & set(options(second[0]).values()))
    most = 1 if before.kind is QuestionKind.SINGLE_CHOICE else len(common)
    for chosen in chain.from_iterable(combinations(common, size) for size in range(most + 1)):
        answers = [Answer(first[0].question_id, chosen)]
        assert grade(first, answers, 60).score == grade(second, answers, 60).score
