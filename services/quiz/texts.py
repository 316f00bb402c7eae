r"""Comparing a short text with what its author wrote: `*` stands for anything, `\*` for a star.

Source: Moodle documentation, "Short-Answer question type". Case, width and spaces say nothing.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# One ligature may become 18 letters, so not more of them.
FOLDED_AT_HAND = 256
WILDCARD = re.compile(r"\\\*|(\*)")


# A text is compared with all that the author wrote, and twice: graded, and answered.
@lru_cache(FOLDED_AT_HAND)
def fold(text: str) -> str:
    """The text without what says nothing: NFKC, caseless (Unicode 15, 3.13), one space each."""
    caseless = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(caseless.split())


def matches(pattern: str, text: str) -> bool:
    """Whether a text is what the author wrote. One pass: no text makes it slow."""
    parts = [fold_part(part) for part in split_pattern(pattern)]
    rest = fold(text)
    if len(parts) == 1:
        return rest == parts[0].strip()
    first, *middle, last = (parts[0].lstrip(), *parts[1:-1], parts[-1].rstrip())
    if len(rest) < len(first) + len(last) or not rest.startswith(first) or not rest.endswith(last):
        return False
    at, end = len(first), len(rest) - len(last)
    for part in middle:
        found = rest.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def split_pattern(pattern: str) -> list[str]:
    """What stands before, between and after its wildcards."""
    parts, begin = [], 0
    for star in WILDCARD.finditer(pattern):
        if star[1]:
            parts.append(pattern[begin : star.start()])
            begin = star.end()
    return [part.replace("\\*", "*") for part in (*parts, pattern[begin:])]


def fold_part(text: str) -> str:
    """A part of a pattern, folded; a space at its ends stays one."""
    inner = fold(text)
    if not inner:
        return " " if text else ""
    return " " * text[0].isspace() + inner + " " * text[-1].isspace()
