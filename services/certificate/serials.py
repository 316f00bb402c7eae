"""Serials of certificates: what nobody can guess and everybody can type."""

from __future__ import annotations

import secrets

# Crockford's base 32: no I, L, O or U; what is typed instead of 1 and 0 is understood.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_UNDERSTOOD = str.maketrans("ILO", "110", "- ")
_LENGTH = 16
_GROUP = 4


def new_serial() -> str:
    """A new serial of 80 random bits, such as 7K2M-9QXD-04TB-WH6F."""
    return _grouped("".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH)))


def read_serial(text: str) -> str | None:
    """The serial as it was given out, from what somebody typed; None where it cannot be one.

    Lower case, missing hyphens, and the letters I, L and O for digits are all understood.
    """
    letters = text.upper().translate(_UNDERSTOOD)
    if len(letters) != _LENGTH or not set(letters) <= set(_ALPHABET):
        return None
    return _grouped(letters)


def _grouped(letters: str) -> str:
    return "-".join(letters[start : start + _GROUP] for start in range(0, _LENGTH, _GROUP))
