"""Shaping: where the ink of each character of a line goes.

Readers of a PDF see codes of glyphs and their places, and guess the text from these, each in its
own way. Here they have little to guess: every character is one code, with ink or without, each
touches the next, and they come in the order in which such readers expect them (`Line`).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import accumulate, groupby, pairwise, takewhile
from operator import itemgetter
from typing import NamedTuple

import uharfbuzz as hb
from fpdf.bidi import BidiParagraph, auto_detect_base_direction
from fpdf.enums import TextDirection

from services.certificate import fonts
from services.certificate.fonts import Face

UNITS = 1000
"""Units per em of all that is measured here, as in a PDF (ISO 32000-1, 9.2.4)."""

_REGULAR_WEIGHT = 400
# Bidirectional classes (UAX #9, table 4) that take the direction of what is around them, and Arabic
# digits, which read the other way than the letters beside them.
_NEUTRAL = frozenset({"B", "S", "WS", "ON", "ES", "ET", "CS", "AN"})


_Glyphs = Sequence[tuple[hb.GlyphInfo, hb.GlyphPosition]]


class Ink(NamedTuple):
    """A glyph of a face, and where it is drawn, in units from the left end of its cell."""

    glyph: int
    x: int
    y: int


class Cell(NamedTuple):
    """A character, what is drawn where it stands, and its width in units."""

    char: str
    face: Face
    inks: tuple[Ink, ...]
    width: int


class Piece(NamedTuple):
    """Cells from left to right, and how far from the left end of the line they begin, in units."""

    left: int
    cells: tuple[Cell, ...]


class Line(NamedTuple):
    """A line of text: its pieces in the order in which they are read, and its width in units."""

    pieces: tuple[Piece, ...]
    width: int


class _Part(NamedTuple):
    """A part of a line of one embedding level: an odd one is read from right to left."""

    level: int
    text: str

    @property
    def turned(self) -> bool:
        return bool(self.level % 2)


def is_right_to_left(text: str) -> bool:
    """Whether a text is written from right to left as a whole: by its first letter (UAX #9, P2)."""
    return bool(auto_detect_base_direction(text) == TextDirection.RTL)


def shape(text: str, *, right_to_left: bool = False) -> Line:
    """Shape one line of a text that is right-to-left as a whole, or left-to-right."""
    parts = list(_parts(text, right_to_left))
    cells = [_cells(part) for part in parts]
    widths = [sum(cell.width for cell in row) for row in cells]
    order = _from_left([part.level for part in parts])
    ends = list(accumulate((widths[index] for index in order), initial=0))
    lefts = dict(zip(order, ends, strict=False))
    pieces = tuple(Piece(lefts[index], row) for index, row in enumerate(cells))
    return Line(pieces, ends[-1])


@cache
def font(face: Face) -> hb.Font:
    """The face at regular weight, measured in UNITS."""
    made = hb.Font(fonts.opened(face))
    made.scale = (UNITS, UNITS)
    made.set_variations({"wght": _REGULAR_WEIGHT})
    return made


# Directions


def _parts(text: str, right_to_left: bool) -> Iterator[_Part]:
    base = TextDirection.RTL if right_to_left else TextDirection.LTR
    characters = BidiParagraph(text, base, preserve_bn_chars=True).get_characters()
    turns = any(character.embedding_level % 2 for character in characters)
    for level, group in groupby(characters, key=lambda character: character.embedding_level):
        part = _Part(level, "".join(character.character for character in group))
        yield from _without_edge(part) if turns else [part]


def _without_edge(part: _Part) -> Iterator[_Part]:
    """The part, and each neutral character at its left end by itself: readers that go from left to
    right would take it to what they read before."""
    text, turned = part.text, part.turned
    edge = sum(1 for _ in takewhile(_is_neutral, reversed(text) if turned else text))
    cut = len(text) - edge if turned else edge
    texts = [text[:cut], *text[cut:]] if turned else [*text[:cut], text[cut:]]
    return (part._replace(text=text) for text in texts if text)


def _is_neutral(char: str) -> bool:
    return unicodedata.bidirectional(char) in _NEUTRAL


def _from_left(levels: Sequence[int]) -> list[int]:
    """The indices of parts of these levels as they follow each other from the left (UAX #9, L2)."""
    order = list(range(len(levels)))
    for lowest in range(max(levels, default=0), 0, -1):
        above = [levels[index] >= lowest for index in order]
        groups = groupby(zip(above, order, strict=True), key=itemgetter(0))
        parts = [(turn, [index for _, index in group]) for turn, group in groups]
        order = [index for turn, part in parts for index in (part[::-1] if turn else part)]
    return order


# Ink


def _cells(part: _Part) -> tuple[Cell, ...]:
    """The cells of a part from left to right."""
    runs = fonts.runs(part.text)
    return tuple(
        cell
        for run in (reversed(runs) if part.turned else runs)
        for cell in _run_cells(run, part.turned)
    )


def _run_cells(run: fonts.Run, turned: bool) -> Iterator[Cell]:
    """Characters that are drawn together, as a letter and its marks or a ligature, share the width
    evenly; the leftmost has all the ink."""
    for text, glyphs in _clusters(run, turned):
        width = sum(position.x_advance for _, position in glyphs)
        ends = [width * number // len(text) for number in range(len(text) + 1)]
        inks = tuple(_inks(glyphs))
        for number, (char, (left, right)) in enumerate(
            zip(reversed(text) if turned else text, pairwise(ends), strict=True)
        ):
            yield Cell(char, run.face, () if number else inks, right - left)


def _clusters(run: fonts.Run, turned: bool) -> Iterator[tuple[str, _Glyphs]]:
    """From left to right: characters that are drawn together, in reading order; their glyphs."""
    buffer = _shaped(run, turned)
    glyphs = zip(buffer.glyph_infos, buffer.glyph_positions, strict=True)
    clusters = {
        start: list(group) for start, group in groupby(glyphs, key=lambda glyph: glyph[0].cluster)
    }
    ends = dict(pairwise([*sorted(clusters), len(run.text)]))
    for start, group in clusters.items():
        yield run.text[start : ends[start]], group


def _shaped(run: fonts.Run, turned: bool) -> hb.Buffer:
    buffer = hb.Buffer()
    buffer.cluster_level = hb.BufferClusterLevel.MONOTONE_GRAPHEMES
    buffer.add_str(run.text)
    buffer.language = "en"  # that of the page; else the locale of the process counts
    buffer.guess_segment_properties()
    buffer.direction = "rtl" if turned else "ltr"
    hb.shape(font(run.face), buffer)
    return buffer


def _inks(glyphs: _Glyphs) -> Iterator[Ink]:
    x = 0
    for info, position in glyphs:
        yield Ink(info.codepoint, x + position.x_offset, position.y_offset)
        x += position.x_advance
