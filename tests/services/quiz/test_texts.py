from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.quiz.texts import fold, matches


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("Paris", " paris "),
        ("STRASSE", "straße"),
        ("e\u0301t\u00e9", "\u00c9te\u0301"),
        ("New York", "new \u00a0  york"),
        ("abc", "\uff41\uff22c"),
        ("*", ""),
        ("star*", "Star of ours"),
        ("*star", "our star"),
        ("*sun*", "the Sun!"),
        ("a*b*c", "a xx b yy c"),
        ("a*a", "aa"),
        (r"2\*3", "2*3"),
        (r"\**", "* and more"),
        ("a **b", "A b"),
    ],
)
def test_what_says_the_same_matches(pattern: str, text: str) -> None:
    assert matches(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("Paris", "Pari"),
        ("a*a", "a"),
        ("ab*ba", "aba"),
        (r"2\*3", "2x3"),
        ("a*b*c", "a c b"),
        ("New York", "newyork"),
        ("resume", "r\u00e9sum\u00e9"),
        ("*.", "no end"),
        ("a.c", "abc"),
    ],
)
def test_what_says_something_else_does_not(pattern: str, text: str) -> None:
    assert not matches(pattern, text)


@given(st.text(max_size=20).filter(lambda text: "*" not in text and "\\" not in text))
def test_every_text_matches_itself_in_any_case(text: str) -> None:
    assert matches(text, text)
    assert matches(text, fold(text))
    assert matches(f"*{text}*", f"before {text} after") or not fold(text)


def test_no_text_makes_it_slow() -> None:
    start = process_time()
    assert not matches("*a" * 400 + "b", "a" * 1_000)
    assert process_time() - start < 1


def test_many_answers_are_compared_with_a_long_text_in_no_time() -> None:
    """Each of its letters is 18 when it is folded."""
    start = process_time()
    for number in range(1_000):
        assert not matches(f"{number}*", "\ufdfa" * 1_000)
    assert process_time() - start < 1
