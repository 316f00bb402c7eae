"""The certificate as a PDF page: A4 landscape, any script, the same bytes each time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from math import cos, pi, sin
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple, cast

import segno
from fpdf import FPDF
from fpdf.bidi import auto_detect_base_direction
from fpdf.fonts import TTFFont
from fpdf.line_break import Fragment

from services.certificate import fonts
from services.certificate.dates import date_in_words
from services.certificate.layout import LINE_HEIGHT, Box, clean, fit

# Millimetres on the page, from its upper left corner; font sizes are points.
_WIDTH, _HEIGHT = 297.0, 210.0
_MIDDLE = _WIDTH / 2
_MARGIN = 34.0
_TEXT_WIDTH = _WIDTH - 2 * _MARGIN
_QR_SIZE = 27.0
_NAME_SIZES = (44, 40, 36, 32, 28, 24, 20, 17, 14, 12)
_TITLE_SIZES = (24, 22, 20, 18, 16, 14, 12)


class _Column(NamedTuple):
    left: float
    width: float
    align: str


_CENTRE = _Column(_MARGIN, _TEXT_WIDTH, "C")
_DATE = _Column(_MARGIN, 60, "L")
_PROOF = _Column(_MARGIN + 62, _TEXT_WIDTH - 62 - _QR_SIZE - 5, "R")

_Colour = tuple[int, int, int]
_INK: _Colour = (31, 41, 55)
_QUIET: _Colour = (91, 101, 115)
_ACCENT: _Colour = (20, 92, 120)

# Each variable font is at regular weight by default: without the tables of its variations that is
# all there is. HarfBuzz shapes from the file, so the layout tables are not embedded either.
_NOT_EMBEDDED = ("fvar", "gvar", "avar", "HVAR", "MVAR", "STAT", "GDEF", "GPOS", "GSUB", "BASE")


@dataclass(frozen=True)
class CertificateText:
    """What the page says; issue_time is timezone-aware and shown as its day in UTC."""

    learner_name: str
    course_title: str
    issue_time: datetime
    serial: str
    verify_url: str


def render(certificate: CertificateText) -> bytes:
    """The certificate as a PDF of one page; equal certificates give equal bytes."""
    with TemporaryDirectory(prefix="certificate-") as folder:
        page = _Page(certificate, Path(folder))
        _draw_frame(page)
        _draw_heading(page)
        _draw_learner(page, clean(certificate.learner_name))
        _draw_course(page, clean(certificate.course_title))
        _draw_date(page, certificate.issue_time)
        _draw_proof(page, clean(certificate.serial), certificate.verify_url)
        return bytes(page.output())


class _Page(FPDF):
    """An empty page that can write text of any script."""

    def __init__(self, certificate: CertificateText, folder: Path) -> None:
        super().__init__(orientation="landscape", format="A4")
        self._folder = folder
        self._all_text = clean(certificate.learner_name) + clean(certificate.course_title)
        self._describe(certificate)
        self.set_auto_page_break(False)
        self.set_margin(0)
        self.c_margin = 0
        self.add_page()
        self._base = self._font(fonts.text_faces()[0]).fontkey

    def put(
        self, text: str, top: float, size: float, colour: _Colour = _INK, at: _Column = _CENTRE
    ) -> None:
        """Write one line that begins top mm below the edge of the page, in a column of it."""
        self.set_font(self._base, size=size)
        self.set_text_color(*colour)
        self.set_xy(at.left, top)
        self.cell(at.width, size * LINE_HEIGHT, text, align=at.align)

    def put_fitted(
        self, text: str, middle: float, height: float, sizes: Sequence[int], colour: _Colour
    ) -> None:
        """Write a text as large as it fits, its lines centred around a height in mm."""
        # A line of a right-to-left text may begin with a Latin word and is right-to-left still.
        self.set_text_shaping(direction=auto_detect_base_direction(text))
        fitted = fit(text, self.measure, Box(_TEXT_WIDTH, height), sizes)
        step = fitted.size * LINE_HEIGHT
        top = middle - step * len(fitted.lines) / 2
        for number, line in enumerate(fitted.lines):
            self.put(line, top + number * step, fitted.size, colour)
        self.set_text_shaping(direction="ltr")

    def _parse_chars(self, text: str, markdown: bool, **_: object) -> Iterator[Fragment]:
        # fpdf2 itself ends a run at every combining mark and joiner that its own font lacks, which
        # breaks syllables apart. Here a run is what one face can shape.
        for run in fonts.runs(text):
            font = self._font(run.face)
            state = self._get_current_graphics_state()
            state.current_font, state.font_family = font, font.fontkey
            yield Fragment(run.text, state, self.k)

    def measure(self, text: str) -> float:
        """Width of a text in mm at a font size of 1 point."""
        self.set_font(self._base, size=100)
        return self.get_string_width(text) / 100

    def _font(self, face: fonts.Face) -> TTFFont:
        if face.name not in self.fonts:
            self.add_font(face.name, fname=self._file(face))
        font = cast(TTFFont, self.fonts[face.name])
        for tag in _NOT_EMBEDDED:
            if tag in font.ttfont:
                del font.ttfont[tag]
        return font

    def _file(self, face: fonts.Face) -> Path:
        if not face.is_collection:
            return face.path
        path = self._folder / f"{face.name}.ttf"
        path.write_bytes(fonts.static_subset(face, f"{self._all_text} …"))
        return path

    def _describe(self, certificate: CertificateText) -> None:
        self.set_title(f"Certificate: {clean(certificate.course_title)}")
        self.set_author("Stellr Academy")
        self.set_subject(f"Certificate {clean(certificate.serial)}")
        self.set_lang("en")
        self.set_creation_date(certificate.issue_time.astimezone(UTC))


def _draw_frame(page: _Page) -> None:
    page.set_draw_color(*_ACCENT)
    for inset, width in ((10.0, 0.7), (12.2, 0.2)):
        page.set_line_width(width)
        page.rect(inset, inset, _WIDTH - 2 * inset, _HEIGHT - 2 * inset)


def _draw_heading(page: _Page) -> None:
    _draw_star(page, 29.0, 6.0)
    page.set_text_shaping(direction="ltr")
    page.set_char_spacing(3)
    page.put("STELLR ACADEMY", 38, 11, _ACCENT)
    page.set_char_spacing(0)
    page.put("Certificate of Completion", 47, 26)


def _draw_star(page: _Page, middle: float, radius: float) -> None:
    corners = [
        (
            _MIDDLE + reach * sin(corner * pi / 4),
            middle - reach * cos(corner * pi / 4),
        )
        for corner, reach in enumerate((radius, radius * 0.25) * 4)
    ]
    page.set_fill_color(*_ACCENT)
    page.polygon(corners, style="F")


def _draw_learner(page: _Page, name: str) -> None:
    page.put("This is to certify that", 68, 12, _QUIET)
    page.put_fitted(name, 90, 25, _NAME_SIZES, _ACCENT)
    page.set_line_width(0.2)
    page.line(_MIDDLE - 45, 105, _MIDDLE + 45, 105)


def _draw_course(page: _Page, title: str) -> None:
    page.put("has completed the course", 110, 12, _QUIET)
    page.put_fitted(title, 131, 28, _TITLE_SIZES, _INK)


def _draw_date(page: _Page, time: datetime) -> None:
    page.put("Date of issue (UTC)", 171, 8.5, _QUIET, _DATE)
    page.put(date_in_words(time), 176, 13, _INK, _DATE)


def _draw_proof(page: _Page, serial: str, url: str) -> None:
    _draw_qr(page, url, _WIDTH - _MARGIN - _QR_SIZE, 186 - _QR_SIZE)
    page.put("Certificate number", 163, 8.5, _QUIET, _PROOF)
    _put_shrunk(page, serial, 168, 13, _INK)
    page.put("Check it at", 176, 8.5, _QUIET, _PROOF)
    _put_shrunk(page, clean(url), 180.5, 8.5, _INK)
    page.link(_PROOF.left, 180, _PROOF.width, 6, url)


def _put_shrunk(page: _Page, text: str, top: float, size: float, colour: _Colour) -> None:
    room = _PROOF.width / page.measure(text)
    page.put(text, top, min(size, room), colour, _PROOF)


def _draw_qr(page: _Page, url: str, left: float, top: float) -> None:
    """Black squares on the white page, level M (ISO/IEC 18004: 15 % may be damaged)."""
    code = segno.make(url, error="m", micro=False, boost_error=False)
    module = _QR_SIZE / len(code.matrix)
    page.set_fill_color(0, 0, 0)
    for row, cells in enumerate(code.matrix):
        column = 0
        for dark, same in groupby(cells):
            length = len(list(same))
            if dark:
                page.rect(left + column * module, top + row * module, length * module, module, "F")
            column += length
