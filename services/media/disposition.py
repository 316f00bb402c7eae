"""The Content-Disposition of a file (RFC 6266), its name safe for every header and system."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

LONGEST_NAME = 100
_FALLBACK = "document"
# What RFC 8187 lets stand for itself, beside letters, digits and "-._~".
_ATTRIBUTE_CHARACTERS = "!#$&+^`|"
_UNSAFE = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]+')
_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,10}")
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9 ._()-]+")


def disposition(title: str, extension: str, *, shown: bool) -> str:
    """The header value for a file: a plain name for old readers, and the real one.

    With `shown` browsers may show it in their window; others are for saving.
    """
    kind = "inline" if shown else "attachment"
    extension = extension if _EXTENSION.fullmatch(extension) else ""
    name = _clean(_UNSAFE.sub(" ", _printable(title)))
    plain = _clean(_NOT_PLAIN.sub(" ", _ascii(name)))
    encoded = quote(f"{name or _FALLBACK}{extension}", safe=_ATTRIBUTE_CHARACTERS)
    return f"{kind}; filename=\"{plain or _FALLBACK}{extension}\"; filename*=UTF-8''{encoded}"


def _printable(text: str) -> str:
    """The text without controls and without marks that turn the direction of reading."""
    return "".join(" " if unicodedata.category(char)[0] == "C" else char for char in text)


def _ascii(text: str) -> str:
    """The text without accents, and without the letters that have no like in ASCII."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def _clean(name: str) -> str:
    """One space between words, and no dot or space at either end."""
    return " ".join(name.split())[:LONGEST_NAME].strip(" .")
