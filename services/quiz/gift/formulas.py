"""Where formulas in LaTeX stand in a text."""

from __future__ import annotations

import re
from collections.abc import Iterator

# A single dollar is often money: as in Pandoc's Markdown ("tex_math_dollars") no space follows
# the opening one, none stands before the closing one and no digit after it.
OPENING = re.compile(r"\\\\|(\$\$|\\\(|\\\[|\$(?=\S))")
CLOSING = {
    "$$": re.compile(r"\$\$"),
    "$": re.compile(r"(?<=[^\s$])\$(?![\d$])"),
    "\\(": re.compile(r"\\\)"),
    "\\[": re.compile(r"\\\]"),
}


def find_formulas(text: str) -> Iterator[tuple[int, int]]:
    r"""Begin and end of each of `$$...$$`, `$...$`, `\(...\)` and `\[...\]`."""
    end = 0
    unclosed: set[str] = set()
    for opening in OPENING.finditer(text):
        sign = opening[1]
        if sign is None or sign in unclosed or opening.start() < end:
            continue
        closing = CLOSING[sign].search(text, opening.end())
        if closing:
            end = closing.end()
            yield opening.start(), end
        else:
            unclosed.add(sign)
