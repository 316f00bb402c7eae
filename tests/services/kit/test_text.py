import pytest

from services.kit.text import trim


@pytest.mark.parametrize(
    ("sent", "trimmed"),
    [
        (" Anna\r\n", "Anna"),
        ("\ufeffAnna\u200b", "Anna"),
        ("\u3000\u00a0Anna\u2028", "Anna"),
        ("Anna  Lee", "Anna  Lee"),
        ("\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e"),
        ("\U0001f469\u200d\U0001f680\ufe0f", "\U0001f469\u200d\U0001f680\ufe0f"),
        (" \u2060 ", ""),
    ],
)
def test_only_what_is_around_a_text_is_cut_off(sent: str, trimmed: str) -> None:
    assert trim(sent) == trimmed
