import pytest

from edge.assistants.texts import parts_of, without_signatures

MEDIUM = "/media/content/01a2249c-2005-737f-8a54-f9b31d2f4b97"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", [""]),
        ("0123456789", ["0123456789"]),
        ("first\n\nsecond", ["first\n\n", "second"]),
        ("first\nsecond\nlast", ["first\n", "second\n", "last"]),
        ("a\n\nearly gap", ["a\n\nearly g", "ap"]),
        ("01234567\n\n89", ["01234567\n\n", "89"]),
        ("012345678\n\n9", ["012345678\n", "\n9"]),
    ],
)
def test_a_text_is_parted_where_it_pauses(text: str, parts: list[str]) -> None:
    assert parts_of(text, 10) == parts
    assert "".join(parts) == text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"![Moon]({MEDIUM}?expires=1&signature=x-_)", f"![Moon]({MEDIUM})"),
        (f'<img src="{MEDIUM}?signature=x">', f'<img src="{MEDIUM}">'),
        (
            f"[a]: https://one.example{MEDIUM}?signature=x\nb",
            f"[a]: https://one.example{MEDIUM}\nb",
        ),
        ("[a](https://two.example/?signature=x)", "[a](https://two.example/?signature=x)"),
    ],
)
def test_links_are_handed_on_without_what_opens_them(before: str, after: str) -> None:
    assert without_signatures(before) == after
