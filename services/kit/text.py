"""Texts as people send them."""

from __future__ import annotations

# Marks without width that come along when text is pasted: soft hyphen, zero-width space and
# joiners, direction marks, word joiner, byte order mark.
_MARKS = "\u00ad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
_SPACES = "".join(filter(str.isspace, map(chr, range(0x3001))))

# Letters and symbols to Unicode, yet nothing to the eye: the fillers of Hangul, the blank of
# Braille and the null notehead of musical notation (UTR #36, section 2).
BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0\U0001d159")


def trim(text: str) -> str:
    """The text without the spaces and the marks without width around it; inside, all stays."""
    return text.strip(_MARKS + _SPACES)
