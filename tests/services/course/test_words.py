from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.course.words import LONGEST_WORD, as_search, asked_words, fold, words_of


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Café", "cafe"),
        ("Cafe\u0301", "cafe"),
        ("Größe", "grosse"),
        ("Ελλάδα", "ελλαδα"),
        ("\uff32\uff35\uff33\uff34", "rust"),
        ("學Rust語", "學 rust 語"),
        ("한국어", "한국어"),
    ],
)
def test_accents_and_case_are_folded(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("Go, go!", ["go"]),
        ("學Rust", ["學", "rust"]),
        ("天文學", ["天", "文", "學", "天文", "文學"]),
        ("C++ and C#", ["c++", "c", "and", "c#"]),
        ("a+b #tag", ["a", "b", "tag"]),
        ("कला की बात", ["कला", "की", "बात"]),
        ("தமிழ் மொழி, ไทย", ["தமிழ", "மொழி", "ไทย"]),
        ("ดวงดาวกลางคืน", ["ดวงดาวกลางค", "น"]),
        ("1\ufe0f\u20e3 \u093e", ["1"]),
    ],
)
def test_a_text_is_found_by_its_words(text: str, words: list[str]) -> None:
    assert words_of(text) == words


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("天文學", ["天文", "文學"]),
        ("天", ["天"]),
        ("C++", ["c++"]),
        ("well-known", ["well", "known"]),
        ("Orion", ["orion"]),
        ('"a phrase"', None),
        ("sun -moon", None),
        ("-moon", None),
        ("sun OR moon", None),
        ("!?", []),
    ],
)
def test_what_a_search_asks_for(query: str, words: list[str] | None) -> None:
    assert asked_words(query) == words


@given(st.text(max_size=50))
def test_a_text_is_found_by_itself(text: str) -> None:
    assert set(asked_words(text) or ()) <= set(words_of(text))


@given(st.text())
def test_words_are_short_and_each_is_there_once(text: str) -> None:
    words = words_of(text)
    assert len(words) == len(set(words))
    assert all(0 < len(word) <= LONGEST_WORD for word in words)


def test_a_long_word_is_cut_alike_in_texts_and_searches() -> None:
    word = "a" * (LONGEST_WORD + 5)
    assert asked_words(word) == words_of(word) == ["a" * LONGEST_WORD]


def test_of_minuses_in_a_row_one_is_left() -> None:
    assert as_search("-" * 200) == "-"
    assert as_search("- - --night sky-blue -day") == "-night sky-blue -day"
