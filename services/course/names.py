"""Names of categories and tags: found without regard to case, addressed by a slug."""

from __future__ import annotations

import hashlib
import re
import secrets
import unicodedata
from collections.abc import Iterable

_NO_WORD = re.compile(r"[\W_]+")


def clean(name: str) -> str:
    """The name in Unicode's normal form C, without space around it or doubled within it."""
    return " ".join(unicodedata.normalize("NFC", name).split())


def distinct(names: Iterable[str]) -> list[str]:
    """The names, cleaned, in their order; of those that differ only in case the first."""
    found: dict[str, str] = {}
    for name in map(clean, names):
        found.setdefault(name.lower(), name)
    return list(found.values())


def slug(name: str) -> str:
    """The name as it stands in an address: letters and digits of any script, and hyphens."""
    letters = unicodedata.normalize("NFKC", name).lower()
    return _NO_WORD.sub("-", letters).strip("-") or marked_slug(name)


def marked_slug(name: str) -> str:
    """A slug for a name whose plain one is taken ("C" and "C++"): the same each time."""
    letters = _NO_WORD.sub("-", unicodedata.normalize("NFKC", name).lower()).strip("-")
    mark = hashlib.sha256(name.lower().encode()).hexdigest()[:8]
    return f"{letters}-{mark}" if letters else mark


def new_slug(name: str) -> str:
    """A slug that nobody has: a label keeps its own when it is renamed, so that both others of a
    name may be those of labels of other names."""
    return f"{marked_slug(name)}-{secrets.token_hex(4)}"


SPELLINGS = (slug, marked_slug, new_slug)
"""Ways to make a slug of a name, the plainest first."""
