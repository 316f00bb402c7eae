"""What a search found, shown in the text where it stands."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence

from services.course.words import SIGNS, WORD, fold

LONGEST = 200
BEFORE = 60
_TOKEN = re.compile(rf"[{SIGNS}]+|{WORD}")
_SIGN = re.compile(rf"[{SIGNS}]")


def highlight(title: str, summary: str, words: Sequence[str], prefix: str) -> str:
    """A piece of the summary, or the title, with what was found in <mark>, as HTML.

    Where neither has any of the words as they are written, the beginning of the summary.
    """
    for text in (summary, title):
        found = list(_found(text, frozenset(words), prefix))
        if found:
            return _marked(text, found)
    return html.escape(summary[:LONGEST] or title)


def _found(text: str, words: frozenset[str], prefix: str) -> Iterator[tuple[int, int]]:
    """Where the words stand, from and to."""
    for token in _TOKEN.finditer(text):
        start, end = token.span()
        if _SIGN.match(token[0]):
            yield from _found_signs(token[0], start, words)
            continue
        folded = fold(token[0])
        if folded in words or (prefix and folded.startswith(prefix)):
            yield start, end


def _found_signs(run: str, start: int, words: frozenset[str]) -> Iterator[tuple[int, int]]:
    """The signs of a run that are, or lie in, words asked for, each stretch once."""
    hits = [
        any(run[at - back : at - back + 2] in words for back in (0, 1) if at >= back)
        or sign in words
        for at, sign in enumerate(run)
    ]
    begin = None
    for at, hit in enumerate([*hits, False]):
        if hit and begin is None:
            begin = at
        elif not hit and begin is not None:
            yield start + begin, start + at
            begin = None


def _marked(text: str, found: Sequence[tuple[int, int]]) -> str:
    first = max(found[0][0] - BEFORE, 0)
    last = min(first + LONGEST, len(text))
    parts, at = ["…" if first else ""], first
    for start, end in found:
        if end > last:
            break
        parts += [html.escape(text[at:start]), f"<mark>{html.escape(text[start:end])}</mark>"]
        at = end
    parts += [html.escape(text[at:last]), "…" if last < len(text) else ""]
    return "".join(parts)
