from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.course.highlights import LONGEST, highlight
from services.course.words import asked_words, prefix_of


def shown(title: str, summary: str, query: str) -> str:
    words = asked_words(query) or []
    return highlight(title, summary, words, prefix_of(words))


@pytest.mark.parametrize(
    ("title", "summary", "query", "expected"),
    [
        ("T", "All about cafés.", "cafe", "All about <mark>cafés</mark>."),
        ("T", "Astronomy for all", "astro", "<mark>Astronomy</mark> for all"),
        ("T", "C++ and <b>C</b>", "c++", "<mark>C++</mark> and &lt;b&gt;C&lt;/b&gt;"),
        ("数据分析", "", "据分", "数<mark>据分</mark>析"),
        ("Star & sea", "Nothing of it", "sea", "Star &amp; <mark>sea</mark>"),
        ("T", "Its words are others", "nowhere", "Its words are others"),
        ("T", "in it", "in", "<mark>in</mark> it"),
        ("T", "कल हिन्दी कला", "हिन्दी कला", "कल <mark>हिन्दी</mark> <mark>कला</mark>"),
    ],
)
def test_what_was_found_is_marked(title: str, summary: str, query: str, expected: str) -> None:
    assert shown(title, summary, query) == expected


def test_a_long_text_is_cut_around_what_was_found() -> None:
    found = shown("T", "word " * 100 + "needle" + " word" * 100, "needle")
    assert found.startswith("…")
    assert found.endswith("…")
    assert "<mark>needle</mark>" in found
    assert len(found) < LONGEST + 30


@given(st.text(max_size=400), st.text(max_size=400), st.text(max_size=20))
def test_all_but_the_marks_is_text(title: str, summary: str, query: str) -> None:
    found = shown(title, summary, query).replace("<mark>", "").replace("</mark>", "")
    assert "<" not in found
    assert ">" not in found
