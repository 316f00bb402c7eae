"""A PDF page that says in any script what it shows, to the eye and to whoever takes its text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple, cast

from fpdf import FPDF
from fpdf.enums import PDFResourceType
from fpdf.fonts import TTFFont
from fpdf.structure_tree import StructElem
from fpdf.syntax import PDFString

from services.certificate import cell_font
from services.certificate.layout import LINE_HEIGHT, Box, fit
from services.certificate.shaping import UNITS, Cell, Line, Piece, is_right_to_left, shape

Colour = tuple[int, int, int]

_POINT = 25.4 / 72  # mm
_FAMILY = "cells"


class Column(NamedTuple):
    """Where lines stand on the page: its left edge and width in mm, and "L", "C" or "R"."""

    left: float
    width: float
    align: str


class Style(NamedTuple):
    """How a line looks. Size and the space between letters are in points."""

    size: float
    colour: Colour
    spacing: float = 0


class Room(NamedTuple):
    """A part of a column: its middle below the edge of the page, and its height, in mm."""

    at: Column
    middle: float
    height: float


class _Placed(NamedTuple):
    line: Line
    left: float  # mm
    baseline: float  # mm below the upper edge
    style: Style


class _Paragraph(StructElem):
    """A text of the page and its lines, for whoever reads the structure of the document.

    ActualText (ISO 32000-1, 14.9.4) is the text as it was put. Beside the glyphs, where it could
    stand too, Poppler and PDFium take it for a row of glyphs and turn right-to-left text round.
    """

    def __init__(self, text: str, parent: StructElem, lines: Sequence[int]) -> None:
        super().__init__("/P", parent, list(lines), page_number=1)
        self.actual_text = PDFString(text)


class Page(FPDF):
    """An empty page, landscape A4, measured in mm from its upper left corner."""

    def __init__(self) -> None:
        super().__init__(orientation="landscape", format="A4")
        self.set_auto_page_break(False)
        self.set_margin(0)
        self.add_page()
        self._placed: list[_Placed] = []
        self.pages[1].struct_parents = 0

    def put(self, text: str, top: float, style: Style, at: Column) -> None:
        """Write one line that begins `top` mm below the edge of the page, in a column of it."""
        self._place(text, [text], top, style, at)

    def put_fitted(self, text: str, room: Room, sizes: Sequence[float], colour: Colour) -> None:
        """Write a text as large as it fits, its lines centred in a room."""
        fitted = fit(text, measure, Box(room.at.width, room.height), sizes)
        top = room.middle - fitted.size * LINE_HEIGHT * len(fitted.lines) / 2
        self._place(text, fitted.lines, top, Style(fitted.size, colour), room.at)

    def finish(self) -> bytes:
        """The PDF, with one font that has what was put and nothing else."""
        font = self._font(list(dict.fromkeys(_cells(self._placed))))
        for number, placed in enumerate(self._placed):
            self._out(f"/P <</MCID {number}>> BDC")
            self._write(placed, font)
            self._out("EMC")
        return bytes(self.output())

    def _place(self, text: str, lines: Sequence[str], top: float, style: Style, at: Column) -> None:
        first = len(self._placed)
        step = style.size * LINE_HEIGHT
        for number, line in enumerate(lines):
            shaped = shape(line, right_to_left=is_right_to_left(text))
            spaced = _spaced(shaped, round(style.spacing * UNITS / style.size))
            room = at.width - spaced.width * style.size * _POINT / UNITS
            left = at.left + {"L": 0.0, "C": room / 2, "R": room}[at.align]
            baseline = top + number * step + 0.5 * step + 0.3 * style.size * _POINT
            self._placed.append(_Placed(spaced, left, baseline, style))
        self._tell(text, range(first, len(self._placed)))

    def _tell(self, text: str, lines: Sequence[int]) -> None:
        document = self.struct_builder.doc_struct_elem
        paragraph = _Paragraph(text, document, lines)
        document.k.append(paragraph)
        parents = self.struct_builder.struct_tree_root.parent_tree.nums[0]
        parents.extend([paragraph] * len(lines))

    def _font(self, cells: Sequence[Cell]) -> _Codes:
        with TemporaryDirectory(prefix="certificate-") as folder:
            path = Path(folder) / f"{_FAMILY}.ttf"
            path.write_bytes(cell_font.build(cells))
            self.add_font(_FAMILY, fname=path)
            font = cast(TTFFont, self.fonts[_FAMILY])
            font.ttfont.ensureDecompiled()  # what it has not read yet is gone with the folder
        self._resource_catalog.add(PDFResourceType.FONT, font.i, self.page)
        return _Codes(font, cells)

    def _write(self, placed: _Placed, font: _Codes) -> None:
        red, green, blue = (part / 255 for part in placed.style.colour)
        self._out(f"{red:.3f} {green:.3f} {blue:.3f} rg")
        y = (self.h - placed.baseline) * self.k
        for piece in placed.line.pieces:
            x = placed.left * self.k + piece.left * placed.style.size / UNITS
            codes = font.written(piece)
            self._out(
                f"BT /F{font.number} {placed.style.size:.2f} Tf 1 0 0 1 {x:.2f} {y:.2f} Tm "
                f"<{codes}> Tj ET"
            )


class _Codes:
    """The codes of cells in the font of a document."""

    def __init__(self, font: TTFFont, cells: Sequence[Cell]) -> None:
        self.number = font.i
        self._code = {
            cell: font.subset.pick_glyph(
                font.subset.get_glyph(
                    glyph=font.ttfont.getGlyphID(cell_font.glyph_name(index)),
                    unicode=(ord(cell.char),),
                    glyph_name=cell_font.glyph_name(index),
                    glyph_width=cell.width,
                )
            )
            for index, cell in enumerate(cells)
        }

    def written(self, piece: Piece) -> str:
        """The codes of a piece in hexadecimal digits."""
        return "".join(f"{self._code[cell]:04X}" for cell in piece.cells)


def measure(text: str) -> float:
    """Width of a text in mm at a font size of 1 point."""
    return shape(text, right_to_left=is_right_to_left(text)).width * _POINT / UNITS


def _cells(placed: Sequence[_Placed]) -> Iterator[Cell]:
    for line, *_ in placed:
        for piece in line.pieces:
            yield from piece.cells


def _spaced(line: Line, spacing: int) -> Line:
    """The line, each of its cells wider by some units, but for the last one."""
    if not spacing:
        return line
    (piece,) = line.pieces
    cells = [cell._replace(width=cell.width + spacing) for cell in piece.cells[:-1]]
    cells.append(piece.cells[-1])
    return Line((piece._replace(cells=tuple(cells)),), sum(cell.width for cell in cells))
