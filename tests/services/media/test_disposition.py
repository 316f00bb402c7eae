import pytest

from services.media.disposition import disposition


@pytest.mark.parametrize(
    ("title", "plain", "encoded"),
    [
        ("Slides", "Slides", "Slides"),
        ("Week 1: Über uns", "Week 1 Uber uns", "Week%201%20%C3%9Cber%20uns"),
        ("星空", "document", "%E6%98%9F%E7%A9%BA"),
        (
            'a"; filename="x.exe',
            "a filename x.exe",
            "a%20%3B%20filename%3D%20x.exe",
        ),
        ("../../etc/passwd", "etc passwd", "etc%20passwd"),
        ("line\r\nSet-Cookie: x", "line Set-Cookie x", "line%20Set-Cookie%20x"),
        ("turned\u202efdp.exe", "turned fdp.exe", "turned%20fdp.exe"),
        (" . ", "document", "document"),
    ],
)
def test_names_are_safe_and_still_themselves(title: str, plain: str, encoded: str) -> None:
    header = disposition(title, ".pdf", shown=True)
    name, _, real = header.partition("; filename*=UTF-8''")
    assert real == f"{encoded}.pdf"
    assert " ".join(name.split()) == f'inline; filename="{plain}.pdf"'
    assert header.isascii()
    assert header.isprintable()


def test_long_names_are_cut() -> None:
    assert len(disposition("星" * 200, ".pdf", shown=False)) < 1000


def test_what_is_not_shown_is_saved_under_a_plain_extension() -> None:
    header = disposition("data", ".csv", shown=False)
    assert header == "attachment; filename=\"data.csv\"; filename*=UTF-8''data.csv"
    for extension in ("", '."x', ".a/b", ".\r\n"):
        header = disposition("data", extension, shown=False)
        assert header == "attachment; filename=\"data\"; filename*=UTF-8''data"
