"""A font that has exactly the cells of one document, each as a glyph."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.transformPen import TransformPen
from fontTools.pens.ttGlyphPen import TTGlyphPen

from services.certificate.shaping import UNITS, Cell, font

_ASCENT, _DESCENT, _CAP_HEIGHT, _SPACE = 1069, -293, 714, 260  # those of Noto Sans
_SOME_DAY = 3_800_000_000  # seconds since 1904: the same cells must give the same bytes
_MAX_ERROR = 0.5
"""In units: how far quadratic outlines may be from the cubic ones of the CJK collection."""


def glyph_name(index: int) -> str:
    """The name of the glyph of the cell with this index."""
    return f"cell{index}"


def build(cells: Sequence[Cell]) -> bytes:
    """A TrueType font with a glyph for each cell, named by `glyph_name`."""
    names = [".notdef", "space", *(glyph_name(index) for index in range(len(cells)))]
    nothing = TTGlyphPen(None).glyph()
    outlines = dict(zip(names, [nothing, nothing, *map(_outline, cells)], strict=True))
    widths = dict(zip(names, [_SPACE, _SPACE, *(cell.width for cell in cells)], strict=True))
    builder = FontBuilder(UNITS, isTTF=True)
    builder.updateHead(created=_SOME_DAY, modified=_SOME_DAY)
    builder.font.recalcTimestamp = False
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({ord(" "): "space"})
    builder.setupGlyf(outlines)
    builder.setupHorizontalMetrics(
        {name: (widths[name], getattr(outlines[name], "xMin", 0)) for name in names}
    )
    builder.setupHorizontalHeader(ascent=_ASCENT, descent=_DESCENT)
    builder.setupNameTable({"familyName": "Certificate", "styleName": "Regular"})
    builder.setupOS2(sCapHeight=_CAP_HEIGHT)
    builder.setupPost()
    output = BytesIO()
    builder.save(output)
    return output.getvalue()


def _outline(cell: Cell) -> Any:
    pen = TTGlyphPen(None)
    for ink in cell.inks:
        moved = TransformPen(Cu2QuPen(pen, max_err=_MAX_ERROR), (1, 0, 0, 1, ink.x, ink.y))
        font(cell.face).draw_glyph_with_pen(ink.glyph, moved)
    outline = pen.glyph()
    outline.recalcBounds(None)
    return outline
