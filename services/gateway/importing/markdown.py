"""Markdown as CommonMark 0.31 has it, with the places of what it refers to.

markdown-it tells where blocks stand. Where a destination stands in its block is noted here, by
rules put around its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from markdown_it import MarkdownIt
from markdown_it.helpers import parseLinkDestination, parseLinkLabel
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline, html_inline, image, link
from markdown_it.token import Token

InlineRule = Callable[[StateInline, bool], bool]

# What is noted of a token: from where to where in its block, and the address that stands there.
SPAN, TARGET = "span", "target"
ENDS_AT = "ends_at"


class TooInvolved(Exception):
    """Reading a text takes longer than it may."""


def parse(text: str, seconds: float) -> list[Token]:
    """The blocks of a text; TooInvolved where they take longer than these seconds of computing.

    Links, pictures and HTML in their lines have SPAN in their `meta`, links and pictures TARGET
    too; those by reference have neither, as their address stands in a block of type "definition".
    """
    return _PARSER.parse(text, {ENDS_AT: time.thread_time() + seconds})


def destination(text: str, at: int) -> tuple[str, int] | None:
    """The address that a destination at this place of a text means, and where it ends."""
    found = parseLinkDestination(text, at, len(text))
    return (found.str, found.pos) if found.ok else None


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"inline_definitions": True})
    for name, rule in (("link", _mark_link(link)), ("image", _mark_link(image))):
        parser.inline.ruler.at(name, rule)
    parser.inline.ruler.at("html_inline", _mark_html(html_inline))
    # First of all rules, so that it is asked at every step.
    parser.inline.ruler.before("text", "clock", _look_at_clock)
    parser.block.ruler.before("code", "clock", _look_at_clock_in_blocks)
    return parser


def _look_at_clock(state: StateInline | StateBlock, silent: bool) -> bool:
    """A rule that applies to nothing."""
    if time.thread_time() > state.env[ENDS_AT]:
        raise TooInvolved
    return False


def _look_at_clock_in_blocks(state: StateBlock, begin: int, end: int, silent: bool) -> bool:
    return _look_at_clock(state, silent)


def _mark_link(rule: InlineRule) -> InlineRule:
    """The rule for links or pictures, which also notes where the destination stands."""

    def marked(state: StateInline, silent: bool) -> bool:
        begin, count = state.pos, len(state.tokens)
        if not rule(state, silent):
            return False
        if not silent:
            made = (each for each in state.tokens[count:] if each.type in {"image", "link_open"})
            _note_destination(state, begin, next(made))
        return True

    return marked


def _note_destination(state: StateInline, begin: int, token: Token) -> None:
    """Note the destination of an inline link; that of a reference stands in its definition."""
    is_image = token.type == "image"
    at = parseLinkLabel(state, begin + is_image, not is_image) + 1
    if state.pos <= at or state.src[at] != "(":
        return
    at += 1
    while state.src[at] in " \t\n":
        at += 1
    found = destination(state.src, at)
    if found:
        token.meta = {SPAN: (at, found[1]), TARGET: found[0]}


def _mark_html(rule: InlineRule) -> InlineRule:
    """The rule for HTML in a line, which also notes where it stands."""

    def marked(state: StateInline, silent: bool) -> bool:
        begin, done = state.pos, rule(state, silent)
        if done and not silent:
            state.tokens[-1].meta = {SPAN: (begin, state.pos)}
        return done

    return marked


_PARSER = _parser()
