"""Text around the questions of a file, which would become part of one of them.

Programs that write quizzes put a sentence before them and a code fence around them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from services.quiz.gift.source import Piece

FENCE = re.compile(r"^[ \t]*(?:`{3,}[^`\n]*|~{3,}[^\n]*)$", re.MULTILINE)
PREAMBLE = re.compile(r".*\bGIFT\b.*:[ \t]*$")


def find_foreign_text(titled: bool, before: Piece, after: Piece) -> Iterator[tuple[int, str]]:
    """The lines before and after the braces that do not belong to a question, and why."""
    fences = [part.line(at.start()) for part in (before, after) for at in FENCE.finditer(part.text)]
    if not titled and _is_preamble(before.text):
        yield before.line(), "text before the questions: // begins a comment"
    if not titled and _is_fenced(before.text):
        yield before.line(), "a code fence around the questions"
    elif len(fences) % 2:
        yield fences[-1], "a code fence without its other end"


def follows_on_a_line_of_its_own(after: Piece) -> bool:
    """Whether the text after the braces begins below them, as no sentence with a gap does."""
    return after.text.lstrip(" \t").startswith("\n") and bool(after.text.strip())


def _is_preamble(text: str) -> bool:
    """Whether it begins with a line such as "Here are three questions in GIFT format:"."""
    first, _, rest = text.partition("\n")
    return bool(rest.strip()) and bool(PREAMBLE.match(first))


def _is_fenced(text: str) -> bool:
    """Whether it begins with a fence that is still open at its end."""
    return bool(FENCE.match(text)) and len(FENCE.findall(text)) % 2 == 1
