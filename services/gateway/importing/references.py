"""What a lesson's Markdown refers to, and where: pictures and links, in Markdown and in HTML.

Markdown decides what is a link, so code and comments are none.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser
from math import inf

from markdown_it.token import Token

from services.gateway.importing.markdown import SPAN, TARGET, destination, parse

DEFINITION = re.compile(r"\[(?:\\.|[^\[\]\\])+\]:[ \t]*(?:\n[ \t>]*)?")
# HTML 13.1.2.3: attributes, their values in quotes or not. A name is looked at from its beginning
# alone: else a long one would take the square of its length.
NAME = r"""(?<![^\s"'<>/=])([^\s"'<>/=]++)"""
ATTRIBUTE = re.compile(rf"""{NAME}\s*+=\s*+("[^"]*"|'[^']*'|[^\s"'=<>`]+)""")
PICTURES = frozenset({("img", "src"), ("image", "href"), ("video", "poster"), ("input", "src")})
LINKS = frozenset({("a", "href"), ("area", "href"), ("link", "href"), ("object", "data")}) | {
    (tag, "src") for tag in ("audio", "embed", "iframe", "script", "source", "track", "video")
}
# Lists of addresses, which are told but not taken apart.
SETS = frozenset({("img", "srcset"), ("source", "srcset")})
# What looks like a link to people and is none to Markdown: a space in its destination.
SPACED = re.compile(r"\]\((?!<)([^()\s]+(?: [^()\s\"']+)+)\)")


@dataclass(frozen=True, slots=True)
class Reference:
    """Something that a text refers to, on a line of it counted from 1.

    `start` and `end` are its place in the text, in characters; none is known where `end` is 0.
    With a `defect` it is none, and that says why.
    """

    target: str
    is_picture: bool
    line: int
    start: int = 0
    end: int = 0
    defect: str = ""


def references(body: str, seconds: float = inf) -> list[Reference]:
    """All that a Markdown text refers to, in order; TooInvolved where that takes longer."""
    tokens = parse(body, seconds)
    pictures = {str(each.attrs["src"]) for each in _flat(tokens) if each.type == "image"}
    text = _Text(body)
    found: list[Reference] = []
    for token in tokens:
        if token.type == "inline":
            found += _inline(token, text)
        elif token.type == "html_block":
            found += _html(token.content, text.places(token))
        elif token.type == "definition":
            found += _definition(token, text, pictures)
    return sorted(found, key=lambda each: (each.line, each.start))


class _Text:
    """A Markdown text by its lines."""

    def __init__(self, body: str) -> None:
        self.body = body
        self.lines = body.split("\n")
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line) + 1)

    def places(self, token: Token) -> _Places:
        """Where the content of a block's token stands."""
        first = (token.map or [0])[0]
        offsets, starts = [], []
        at = 0
        for number, content in enumerate(token.content.split("\n"), first):
            starts.append(at)
            at += len(content) + 1
            offsets.append(self._find(number, content))
        return _Places(first, starts, offsets)

    def _find(self, number: int, content: str) -> int | None:
        """Where a line's content begins in the text: its marks of quotes and lists are cut off."""
        line = self.lines[number] if number < len(self.lines) else ""
        column = line.rfind(content)
        if column >= 0:
            return self.starts[number] + column
        # A tab before it may have become spaces.
        bare = content.lstrip()
        column = line.rfind(bare)
        return self.starts[number] + column - len(content) + len(bare) if column >= 0 else None


@dataclass(frozen=True, slots=True)
class _Places:
    """The lines of a token's content: where each begins in it, and where in the text."""

    first: int
    starts: list[int]
    offsets: list[int | None]

    def reference(
        self, target: str, is_picture: bool, start: int, end: int, defect: str = ""
    ) -> Reference:
        """What stands from `start` to `end` of the content, which is in one line."""
        row = bisect_right(self.starts, start) - 1
        line, offset = self.first + row + 1, self.offsets[row]
        if offset is None:
            return Reference(target, is_picture, line, defect=defect)
        shift = offset - self.starts[row]
        return Reference(target, is_picture, line, start + shift, end + shift, defect)


def _inline(token: Token, text: _Text) -> Iterator[Reference]:
    places = text.places(token)
    for child in token.children or ():
        if child.type == "html_inline":
            start, _ = child.meta[SPAN]
            yield from _html(child.content, places, start)
        elif child.type in {"image", "link_open"} and SPAN in child.meta:
            start, end = child.meta[SPAN]
            target = child.meta[TARGET]
            yield places.reference(target, child.type == "image", start, end)
        elif child.type == "text":
            yield from _spaced(child.content, token.content, places)


def _spaced(text: str, content: str, places: _Places) -> Iterator[Reference]:
    for found in SPACED.finditer(text):
        start = content.find(found.group()) + 2
        reason = "a space ends an address: write it between < and >, or %20 for the space"
        target = found.group(1)
        yield places.reference(target, False, start, start + len(target), reason)


def _definition(token: Token, text: _Text, pictures: set[str]) -> Iterator[Reference]:
    first, last = token.map or [0, 0]
    start, end = text.starts[first], text.starts[last]
    label = DEFINITION.search(text.body, start, end)
    url = str(token.meta["url"])
    if label is None:
        yield Reference(url, url in pictures, first + 1)
        return
    target, after = destination(text.body, label.end()) or (url, 0)
    line = bisect_right(text.starts, label.end())
    yield Reference(target, url in pictures, line, label.end(), after)


def _html(content: str, places: _Places, shift: int = 0) -> Iterator[Reference]:
    for tag, at, written in _Tags(content).found:
        for attribute in ATTRIBUTE.finditer(written):
            name, value = attribute.group(1).lower(), attribute.group(2)
            key = (tag, name)
            if key in PICTURES | LINKS | SETS:
                start = shift + at + attribute.start(2)
                quoted = value[0] in "\"'"
                target = unescape(value[1:-1] if quoted else value)
                reason = _told(key, quoted)
                yield places.reference(
                    target,
                    key in PICTURES | SETS,
                    start + quoted,
                    start + len(value) - quoted,
                    reason,
                )


def _told(key: tuple[str, str], quoted: bool) -> str:
    if key in SETS:
        return "srcset is not taken apart: use src alone"
    return "" if quoted else "put the address in quotes"


class _Tags(HTMLParser):
    """The tags that begin in a piece of HTML, with where they stand and as they are written."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self._starts = [0]
        for line in content.split("\n"):
            self._starts.append(self._starts[-1] + len(line) + 1)
        self.found: list[tuple[str, int, str]] = []
        self.feed(content)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of a tag."""
        line, column = self.getpos()
        written = self.get_starttag_text() or ""
        self.found.append((tag, self._starts[line - 1] + column, written))


def _flat(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _flat(token.children or [])
