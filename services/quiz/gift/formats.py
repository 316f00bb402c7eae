"""The formats that a text of GIFT may be in. All become Markdown.

HTML is turned into it, plain text is escaped; what names no format is taken as it is written.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum

from services.quiz.gift.defects import Defects
from services.quiz.gift.escapes import unescape
from services.quiz.gift.markdown import BLANK, from_plain, keep_gaps, stripped
from services.quiz.gift.source import Piece

# HTML is longer than what is seen of it. What is longer than that is not even looked at.
MARKUP_FACTOR = 10
PREFIX = re.compile(r"\s*\[(html|markdown|plain|moodle)\]", re.IGNORECASE)


class Format(StrEnum):
    """How a text is written; MOODLE is what Moodle takes a text without a prefix for."""

    HTML = "html"
    MARKDOWN = "markdown"
    PLAIN = "plain"
    MOODLE = "moodle"


def take_format(piece: Piece, default: Format) -> tuple[Format, Piece]:
    """Return the format that the prefix of a text names, or the default, and what follows it."""
    prefix = PREFIX.match(piece.text)
    if prefix is None:
        return default, piece
    return Format(prefix[1].lower()), piece.cut(prefix.end())


class TextReader:
    """Reads the texts of a GIFT file, and tells what is wrong with them."""

    def __init__(self, defects: Defects) -> None:
        self._defects = defects

    def read(self, what: str, piece: Piece, default: Format, maximum: int) -> str:
        """Return the Markdown of a text, which may begin with a format of its own."""
        own_format, body = take_format(piece, default)
        return self.read_parts(what, [body], own_format, maximum)

    def read_parts(
        self, what: str, parts: Sequence[Piece], text_format: Format, maximum: int
    ) -> str:
        """Return the Markdown of a text with a blank between its parts."""
        line = parts[0].line()
        written = BLANK.join(unescape(part.text) for part in parts)
        if len(parts) > 1 and text_format in (Format.MARKDOWN, Format.MOODLE):
            written = keep_gaps(written.strip())
        if len(written) > maximum * MARKUP_FACTOR:
            self._defects.add(line, f"{what} is longer than {maximum:,} characters")
            return written[:maximum]
        text = self._markdown(parts, written, text_format)
        if len(text) > maximum:
            self._defects.add(line, f"{what} is longer than {maximum:,} characters")
        return text

    def _markdown(self, parts: Sequence[Piece], written: str, text_format: Format) -> str:
        if text_format is Format.HTML:
            return self._from_html(parts, written)
        return from_plain(written) if text_format is Format.PLAIN else stripped(written)

    def _from_html(self, parts: Sequence[Piece], written: str) -> str:
        # Costs 80 ms to import, and few quizzes are written in HTML.
        from services.quiz.gift import html  # noqa: PLC0415

        for part in parts:
            for at, reason in html.find_losses(part.text):
                self._defects.add(part.line(at), reason)
        try:
            return html.to_markdown(written)
        except ValueError as error:
            self._defects.add(parts[0].line(), str(error))
            return written
