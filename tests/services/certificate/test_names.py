from __future__ import annotations

import pytest

from services.certificate.names import NAMELESS, clean, is_visible, name_shown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" a\r\n\tb\u2028c ", "a b c"),
        ("e\u0301", "é"),
        ("a\u202eb\u2066c\ufeff", "abc"),
        ("\u0dc1\u0dca\u200d\u0dbb", "\u0dc1\u0dca\u200d\u0dbb"),
        ("x" + "\u0301" * 50, "x" + "\u0301" * 4),
        ("\u3164Anna\u2800\uffa0", "Anna"),
        ("\ufeffAnna", "Anna"),
    ],
)
def test_clean(text: str, expected: str) -> None:
    assert clean(text) == expected


@pytest.mark.parametrize(
    "name", ["", " ", "\u3164", "\u00a0", "\u115f\u1160", "\u2800", "\u200d", "\u0301", "\ufe0f"]
)
def test_what_nobody_can_see_is_no_name(name: str) -> None:
    assert not is_visible(name)
    assert name_shown(name) == NAMELESS


@pytest.mark.parametrize("name", ["A", "\ufeffAnna", "王", "3", "🚀", "ⵎ", "-"])
def test_what_can_be_seen_is_a_name(name: str) -> None:
    assert is_visible(name)
    assert name_shown(name) == name.strip("\ufeff")
