"""Serials of certificates: what nobody can guess and everybody can type."""

from __future__ import annotations

import secrets
import unicodedata

# Crockford's base 32: no I, L, O or U; what is typed instead of 1 and 0 is understood.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_UNDERSTOOD = str.maketrans("ILO", "110")
_LENGTH = 16
_GROUP = 4
# A serial with a good deal around each of its characters; what is longer is not looked at.
_MAX_LENGTH = 200
# Where a letter breaks a line, and what a cell of a table ends with.
_BREAKS = "\t\n\r"
# Letters to Unicode, yet no letters to the eye, or typed for a hyphen: the Hangul fillers, and the
# sign of a long vowel that Japanese keyboards have in the hyphen's place.
_NO_LETTERS = "\u115f\u1160\u30fc"


def new_serial() -> str:
    """A new serial of 80 random bits, such as 7K2M-9QXD-04TB-WH6F."""
    return _grouped("".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH)))


def read_serial(text: str) -> str | None:
    """The serial as it was given out, from what somebody typed or pasted; None where it is none.

    Only letters and digits count, in full width too (NFKC, UAX #15): any case; I, L and O for
    digits; whatever dash, space, punctuation or invisible character a letter, a mail or a viewer
    puts between and around them, or the end of a line. Other controls are none of these.
    """
    if len(text) > _MAX_LENGTH:
        return None
    typed = unicodedata.normalize("NFKC", text)
    if any(_is_foreign(char) for char in typed):
        return None
    letters = "".join(filter(_counts, typed)).upper().translate(_UNDERSTOOD)
    if len(letters) != _LENGTH or not set(letters) <= set(_ALPHABET):
        return None
    return _grouped(letters)


def _is_foreign(char: str) -> bool:
    """Controls, surrogates, and what is assigned to nothing; but not format characters."""
    category = unicodedata.category(char)
    return category[0] == "C" and category != "Cf" and char not in _BREAKS


def _counts(char: str) -> bool:
    return unicodedata.category(char)[0] in "LN" and char not in _NO_LETTERS


def _grouped(letters: str) -> str:
    return "-".join(letters[start : start + _GROUP] for start in range(0, _LENGTH, _GROUP))
