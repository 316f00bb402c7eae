"""Texts of lessons as they are handed to an assistant."""

from __future__ import annotations

import re
from collections.abc import Iterator

# What opens a file for its learner for a while. It is of no use to an assistant, and whoever sees a
# transcript must not have it.
SIGNATURE = re.compile(r"""(/media/content/[0-9A-Za-z-]+)\?[^\s"'<>()\[\]]*""")


def without_signatures(text: str) -> str:
    """The text, its links to files without what opens them."""
    return SIGNATURE.sub(r"\1", text)


def parts_of(text: str, size: int) -> list[str]:
    """A text in parts of at most `size` characters, which are the text when they are put together.

    A part ends with a paragraph where it can, else with a line, else anywhere.
    """
    return list(_parts(text, size)) or [""]


def _parts(text: str, size: int) -> Iterator[str]:
    while len(text) > size:
        end = _end(text, size)
        yield text[:end]
        text = text[end:]
    if text:
        yield text


def _end(text: str, size: int) -> int:
    """Where the first part ends: not in its first half, so that parts do not become too many."""
    for gap in ("\n\n", "\n"):
        found = text.rfind(gap, size // 2, size)
        if found >= 0:
            return found + len(gap)
    return size
