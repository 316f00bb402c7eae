"""Passwords that are tried first: common ones, those of breaches, and what is known of the person.

NIST SP 800-63B, 3.1.1.2: a list of values that are commonly used, expected or compromised.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from services.auth.passwords import SHORTEST

# Nobody tries one character this often.
LONG = 16
OWN_WORDS = ("stellr", "stellr academy", "stellracademy")
ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123456789",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
)


def why_common(password: str, about: Iterable[str]) -> str:
    """Why a password is one of those, or "". `about` is what is known of the person."""
    folded = password.casefold()
    if (len(set(folded)) == 1 and len(folded) < LONG) or _is_row(folded):
        return "is a row of characters that is tried first"
    if folded in _known_words(about):
        return "is the address or the name"
    if folded in _listed():
        return "is a password that is commonly used or known from breaches"
    return ""


def _known_words(about: Iterable[str]) -> set[str]:
    words = [word.casefold() for word in about if word]
    locals_ = [word.partition("@")[0] for word in words]
    plain = [word.replace(" ", "") for word in words]
    return {word for word in (*words, *locals_, *plain, *OWN_WORDS) if word}


def _is_row(folded: str) -> bool:
    return any(folded in row or folded in row[::-1] for row in ROWS)


@cache
def _listed() -> frozenset[str]:
    """11,600 passwords of breaches that are long enough, in the order of zxcvbn's own sources."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # noqa: PLC0415  2 MB, on first use

    return frozenset(word for word in FREQUENCY_LISTS["passwords"] if len(word) >= SHORTEST)
