from services.certificate.layout import LINE_HEIGHT, Box, fit, wrap


def measure(text: str) -> float:
    return float(len(text))


def test_wrap_breaks_at_spaces() -> None:
    assert wrap("one two three", measure, 7) == ["one two", "three"]


def test_wrap_breaks_between_ideographs() -> None:
    assert wrap("山田太郎", measure, 2) == ["山田", "太郎"]


def test_wrap_breaks_a_word_that_is_wider_than_the_line() -> None:
    assert wrap("a" * 7, measure, 3) == ["aaa", "aaa", "a"]


def test_a_mark_stays_with_its_letter() -> None:
    assert wrap("aae\u0301a", measure, 3) == ["aa", "e\u0301a"]


def test_fit_takes_the_largest_size_that_fits() -> None:
    box = Box(width=20, height=LINE_HEIGHT * 4)
    assert fit("0123456789", measure, box, (4, 3, 2, 1)).size == 2


def test_fit_balances_its_lines() -> None:
    box = Box(width=11, height=LINE_HEIGHT * 2)
    assert fit("aa bb cc dd", measure, Box(9, box.height), (1,)).lines == ["aa bb", "cc dd"]


def test_fit_ends_in_an_ellipsis_when_nothing_fits() -> None:
    fitted = fit("a" * 50, measure, Box(10, LINE_HEIGHT * 2), (1,))
    assert fitted.lines == ["a" * 10, "a" * 9 + "…"]
