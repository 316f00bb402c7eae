"""What is exported is the same when it is imported again."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.quiz.faults import faults
from services.quiz.gift import GiftError, parse, write
from services.quiz.questions import Option, Question, QuestionKind
from tests.services.quiz.gift.test_properties import GIFT

TEXT = st.text(":{}=~#\\->/%$[]()<>*_`ab é1n|\n", min_size=1, max_size=30).map(str.strip)
LINE = TEXT.map(lambda text: " ".join(text.split())).filter(bool)
TEXTS = st.lists(TEXT.filter(bool), min_size=2, max_size=5, unique_by=str.strip)
WEIGHT = st.integers(1, 99).map(float)


def again(questions: list[Question]) -> list[Question]:
    return [replace(question, line=0) for question in parse(write(questions))]


@st.composite
def options(draw: st.DrawFn, kind: QuestionKind) -> tuple[Option, ...]:
    said = st.one_of(st.just(""), TEXT)
    if kind is QuestionKind.TRUE_FALSE:
        right = draw(st.booleans())
        return tuple(
            Option(text, each is right, None, draw(said))
            for text, each in (("True", True), ("False", False))
        )
    if kind is QuestionKind.NUMERIC:
        numbers = draw(st.lists(st.integers(-99, 99), min_size=1, max_size=4, unique=True))
        texts = [f"{number}:0.{index}" for index, number in enumerate(numbers)]
    elif kind is QuestionKind.SHORT_TEXT:
        texts = draw(st.lists(LINE, min_size=1, max_size=4, unique=True))
    elif kind is QuestionKind.ORDERING:
        texts = draw(st.lists(LINE, min_size=2, max_size=4, unique=True))
    else:
        texts = draw(TEXTS)
    first, *others = texts
    if kind is QuestionKind.MATCHING:
        lefts = [*texts[:-1], draw(st.sampled_from([texts[-1], ""]))]
        rights = [f"{text}{place}" for place, text in enumerate(texts)]
        return tuple(
            Option(left, bool(left), match=right) for left, right in zip(lefts, rights, strict=True)
        )
    if kind is QuestionKind.ORDERING:
        return tuple(Option(text, right=True) for text in texts)
    if kind is QuestionKind.MULTIPLE_CHOICE:
        rest = [
            Option(text, False, draw(st.sampled_from([None, -50, 0])), draw(said))
            for text in others
        ]
        return (Option(first, True, 100, draw(said)), *rest)
    weights = st.one_of(st.none(), WEIGHT) if kind is QuestionKind.SINGLE_CHOICE else WEIGHT
    rest = [Option(text, False, draw(weights), draw(said)) for text in others]
    return (Option(first, True, None, draw(said)), *rest)


@st.composite
def question(draw: st.DrawFn) -> Question:
    kind = draw(st.sampled_from(list(QuestionKind)))
    return Question(
        draw(TEXT.filter(bool)),
        kind,
        draw(options(kind).filter(lambda made: not list(faults(kind, made)))),
        line=0,
        title=draw(st.one_of(st.just(""), LINE)),
        points=draw(st.integers(1, 1000)),
        feedback=draw(st.one_of(st.just(""), TEXT)),
        category=draw(st.sampled_from(["", "a/b", "$x {=} //"])),
    )


@given(st.lists(question(), min_size=1, max_size=4))
def test_what_is_written_is_read_as_it_was(questions: list[Question]) -> None:
    assert again(questions) == questions


@given(GIFT)
def test_what_was_read_is_the_same_again(text: str) -> None:
    try:
        questions = [replace(each, line=0) for each in parse(text)]
    except GiftError:
        return
    assert again(questions) == questions


@pytest.mark.parametrize(
    "gift",
    [
        "::T::q {=a#yes ~%25%b#no ~c####all}",
        "q {~%33.33333%a ~%33.33333%b ~%33.33333%c ~%-100%d}",
        "q {T#wrong}\n\nq2 {F##right}\n\nq3 {F#wrong#right####all}",
        "q {\n=    print(i)\n~print(i)\n}",
        "Sun {=rises ~sets} now",
        "q {=[markdown]%50%x ~[markdown]\\[html\\] ~\\[plain\\]}",
        "q $a\\nabla$ {=a\\nb ~\\\\(x\\ne y)}",
        "q {=%100%a -> b}",
        "q {=[plain]\\[html\\]x =[html]y =[plain][plain]z}",
        "q {=a ->b ->c =c->d}",
        "Sort {>\n[markdown]// no comment\nb}",
        "[html]<ul><li>a</li><li>b</li></ul><pre>  x\n::y</pre> {=<b>c</b> ~d}",
    ],
)
def test_pieces_that_could_be_taken_for_something_else(gift: str) -> None:
    questions = [replace(each, line=0) for each in parse(gift)]
    assert again(questions) == questions
    assert write(again(questions)) == write(questions)


def test_a_category_is_written_where_it_changes() -> None:
    gift = write(parse("a {T}\n\n$CATEGORY: x\n\nb {T}\n\nc {T}\n\n$CATEGORY:\n\nd {T}"))
    assert re.findall(r"^\$.*", gift, re.M) == ["$CATEGORY: x", "$CATEGORY:"]
