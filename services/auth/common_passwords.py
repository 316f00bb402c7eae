"""Passwords that are tried first: common ones, those of breaches, and what is known of the person.

NIST SP 800-63B, 3.1.1.2: a list of values that are commonly used, expected or compromised.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

# What a word has around it where it only looks like another one: Password1!, letmein123.
_TRIMMINGS = re.compile(r"^[\W\d_]+|[\W\d_]+$")
# Shorter ones are no words that somebody relies on.
SHORTEST_WORD = 3
# Blocks that are repeated: aaaa, abab, 12341234.
LONGEST_BLOCK = 4
OWN_WORDS = ("stellr", "stellr academy", "stellracademy")
ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "0123456789",
    "1234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
)


def why_common(password: str, about: Iterable[str]) -> str:
    """Why a password is one of those, or "". `about` is what is known of the person."""
    folded = password.casefold()
    if _is_repeated(folded) or _is_row(folded):
        return "is a row of characters that is tried first"
    spellings = {folded, _bare(folded)}
    if spellings & _known_words(about):
        return "is the address or the name"
    if spellings & _listed():
        return "is a password that is commonly used or known from breaches"
    return ""


def _known_words(about: Iterable[str]) -> set[str]:
    words = [word.casefold() for word in about if word]
    locals_ = [word.partition("@")[0] for word in words]
    plain = [word.replace(" ", "") for word in words]
    known = {*words, *locals_, *plain, *OWN_WORDS}
    return {word for word in known | set(map(_bare, known)) if len(word) >= SHORTEST_WORD}


def _bare(folded: str) -> str:
    """Without the digits and signs around it."""
    return _TRIMMINGS.sub("", folded)


def _is_repeated(folded: str) -> bool:
    """Whether it is a short block again and again, the last one perhaps in part."""
    return any(
        folded == (folded[:size] * len(folded))[: len(folded)]
        for size in range(1, LONGEST_BLOCK + 1)
    )


def _is_row(folded: str) -> bool:
    """Whether it goes along a row of keys or letters, perhaps beginning anew at its end."""
    rows = (row * (len(folded) // len(row) + 2) for row in ROWS)
    return any(folded in row or folded in row[::-1] for row in rows)


@cache
def _listed() -> frozenset[str]:
    """30,000 passwords of breaches, in the order of zxcvbn's own sources."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # noqa: PLC0415  2 MB, on first use

    return frozenset(FREQUENCY_LISTS["passwords"])
