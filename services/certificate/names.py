"""Names and titles as they are shown: on one line, and with something to see."""

from __future__ import annotations

import unicodedata

from services.kit.text import BLANK

NAMELESS = "(no name)"
"""Stands for a name in which nothing can be seen."""

JOINERS = "\u200c\u200d"
"""What Indic and Arabic spelling needs between letters, and emoji between their parts."""

_SPACES = frozenset({"Cc", "Cs", "Zl", "Zp", "Zs"})
_VISIBLE = "LNPS"
_MAX_MARKS = 4


def clean(text: str) -> str:
    """The text on one line, composed (NFC), without characters that could disturb the page.

    Controls become spaces; what is invisible goes, but the two joiners stay; no more than 4 marks
    stack on one letter.
    """
    composed = unicodedata.normalize("NFC", text)
    return " ".join(_limit_marks("".join(map(_shown, composed))).split())


def is_visible(text: str) -> bool:
    """Whether there is something to see: a letter, a digit, a punctuation mark or a symbol."""
    return any(unicodedata.category(char)[0] in _VISIBLE for char in clean(text))


def name_shown(name: str) -> str:
    """The name, cleaned; NAMELESS where there is nothing to see in it."""
    return clean(name) if is_visible(name) else NAMELESS


def is_attached(char: str) -> bool:
    """Whether a character belongs to the one before it: marks and joiners."""
    return char in JOINERS or unicodedata.category(char)[0] == "M"


def _shown(char: str) -> str:
    if char in JOINERS:
        return char
    category = unicodedata.category(char)
    if category in _SPACES:
        return " "
    return "" if category == "Cf" or char in BLANK else char


def _limit_marks(text: str) -> str:
    kept: list[str] = []
    marks = 0
    for char in text:
        marks = marks + 1 if is_attached(char) else 0
        if marks <= _MAX_MARKS:
            kept.append(char)
    return "".join(kept)
