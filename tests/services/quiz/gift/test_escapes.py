import pytest

from services.quiz.gift.escapes import unescape
from services.quiz.gift.formulas import find_formulas


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (r"a\:b\=c\~d\#e\{f\}g\\h", r"a:b=c~d#e{f}g\h"),
        (r"one\ntwo\n", "one\ntwo\n"),
        (r"C:\temp \frac \alpha", r"C:\temp \frac \alpha"),
        (r"\nabla f \neq 0, \not= \notin \natural", r"\nabla f \neq 0, \not= \notin \natural"),
        (r"$\nu \ne \nmid x$", r"$\nu \ne \nmid x$"),
        (r"$$\frac\{1\}\{\nu\}\ni$$", r"$$\frac{1}{\nu}\ni$$"),
        (r"\(a \ne b\) and \[\nu\]", r"\(a \ne b\) and \[\nu\]"),
        (r"x\ni = 0\nu = 1\ne", "x\ni = 0\nu = 1\ne"),
        (r"\nnext \nablas", "\nnext \nablas"),
        (r"$$x\n+ y$$", "$$x\n+ y$$"),
        (r"\\nabla \\n", r"\nabla \n"),
        (r"it costs $5\nu and $6\ne", "it costs $5\nu and $6\ne"),
    ],
)
def test_undoes_escapes_and_keeps_latex(written: str, text: str) -> None:
    assert unescape(written) == text


@pytest.mark.parametrize(
    ("text", "formulas"),
    [
        ("$x$ and $$y$$", ["$x$", "$$y$$"]),
        (r"\(x\) \[y\]", [r"\(x\)", r"\[y\]"]),
        (r"\\(x\\)", []),
        ("$5 or $6, $ 7 $", []),
        (r"\(x $$y$$", ["$$y$$"]),
        ("$$x $y$", ["$y$"]),
        ("$x and $$", []),
    ],
)
def test_finds_formulas(text: str, formulas: list[str]) -> None:
    assert [text[begin:end] for begin, end in find_formulas(text)] == formulas
