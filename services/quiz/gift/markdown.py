"""Plain text written so that Markdown shows it as it is. Source: CommonMark, and GFM's `~~`."""

from __future__ import annotations

import re

from services.quiz.gift.formulas import find_formulas

BLANK = "_____"
# What stands at the end (`\Z`) may be followed by anything once it is part of a longer text.
SPECIAL = re.compile(
    rf"({BLANK})"
    r"|\\(?=[!-/:-@\[-`{-~]|\Z)"  # a backslash that would escape what follows it
    r"|`|(?<!\s)\*|\*(?!\s)|(?<!\w)_|_(?!\w)|~(?=~|\Z)"
    r"|\](?=[(\[:]|\Z)"  # the end of a link's text
    r"|<(?=[A-Za-z/!?]|\Z)|&(?=#?\w+;)"
)
MARKUP_IN_FORMULA = re.compile(r"[<\]](?=[A-Za-z/!?(\[:]|\Z)")
LINE_START = re.compile(r"^([ \t]*)(?:(>|(?:#{1,6}|[-+*])(?=\s|$))|(\d{1,9})([.)])(?=\s|$))", re.M)
UNDERLINE = re.compile(r"^([ \t]*)(?=(?:=+[ \t]*|-[- \t]*)$)", re.M)
RULE = re.compile(r"^([ \t]*)(?=(?:_[ \t]*){3,}$)", re.M)
INDENT = re.compile(r"^[ \t]+", re.M)
NO_BREAK_SPACE = "\u00a0"


def escape(text: str) -> str:
    """Escape what would be markup within a line; formulas stay as they are."""
    parts, end = [], 0
    for begin, stop in find_formulas(text):
        parts += [_escape(text[end:begin]), _escape_formula(text[begin:stop])]
        end = stop
    return "".join([*parts, _escape(text[end:])])


def keep_gaps(text: str) -> str:
    """Keep a gap that has a line of its own from being a rule across the page."""
    return RULE.sub(rf"\1{NO_BREAK_SPACE}", text)


def stripped(text: str) -> str:
    """The text without what is white around it, but for what keeps a gap at its beginning."""
    kept = NO_BREAK_SPACE if text.startswith(NO_BREAK_SPACE + BLANK) else ""
    return kept + text.strip()


def escape_line_starts(text: str) -> str:
    """Escape what would be a heading, a list, a quote or a rule at the start of a line."""
    text = keep_gaps(UNDERLINE.sub(r"\1\\", text))
    return LINE_START.sub(
        lambda match: match[1] + (f"\\{match[2]}" if match[2] else rf"{match[3]}\{match[4]}"), text
    )


def from_plain(text: str) -> str:
    """Return the Markdown that shows this text, line by line, indented as it is."""
    text = escape_line_starts(escape(text.expandtabs(4)).strip())
    indented = INDENT.sub(lambda match: NO_BREAK_SPACE * len(match[0]), text)
    return "  \n".join(indented.split("\n"))


def _escape(text: str) -> str:
    return SPECIAL.sub(lambda match: match[1] or "\\" + match[0], text)


def _escape_formula(text: str) -> str:
    # A backslash would change the formula; a space does not, nor the quote that ` stands for.
    return MARKUP_IN_FORMULA.sub(r"\g<0> ", text).replace("`", "\u2018")
