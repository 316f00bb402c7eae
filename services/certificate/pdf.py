"""The certificate as a PDF page: A4 landscape, any script, the same bytes each time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import groupby
from math import cos, pi, sin

import segno

from services.certificate.dates import day_in_words
from services.certificate.names import clean, name_shown
from services.certificate.writing import Colour, Column, Page, Room, Style, measure

# Millimetres on the page, from its upper left corner; font sizes are points.
_WIDTH, _HEIGHT = 297.0, 210.0
_MIDDLE = _WIDTH / 2
_MARGIN = 34.0
_TEXT_WIDTH = _WIDTH - 2 * _MARGIN
_QR_SIZE = 27.0
_NAME_SIZES = (44, 40, 36, 32, 28, 24, 20, 17, 14, 12)
_TITLE_SIZES = (24, 22, 20, 18, 16, 14, 12)

_CENTRE = Column(_MARGIN, _TEXT_WIDTH, "C")
_DATE = Column(_MARGIN, 60, "L")
_PROOF = Column(_MARGIN + 62, _TEXT_WIDTH - 62 - _QR_SIZE - 5, "R")

_INK: Colour = (31, 41, 55)
_QUIET: Colour = (91, 101, 115)
_ACCENT: Colour = (20, 92, 120)
_LABEL = Style(8.5, _QUIET)
_WORDS = Style(12, _QUIET)


@dataclass(frozen=True)
class CertificateText:
    """What the page says. `timezone` stands beside the day where it is not empty."""

    learner_name: str
    course_title: str
    issue_time: datetime
    issue_day: date
    timezone: str
    serial: str
    verify_url: str


def render(certificate: CertificateText) -> bytes:
    """The certificate as a PDF of one page; equal certificates give equal bytes."""
    page = Page()
    _describe(page, certificate)
    _draw_frame(page)
    _draw_heading(page)
    _draw_learner(page, name_shown(certificate.learner_name))
    _draw_course(page, clean(certificate.course_title))
    _draw_date(page, certificate.issue_day, certificate.timezone)
    _draw_proof(page, certificate.serial, certificate.verify_url)
    return page.finish()


def _describe(page: Page, certificate: CertificateText) -> None:
    page.set_title(f"Certificate: {clean(certificate.course_title)}")
    page.set_author("Stellr Academy")
    page.set_subject(f"{name_shown(certificate.learner_name)}, certificate {certificate.serial}")
    page.set_lang("en")
    page.set_creation_date(certificate.issue_time.astimezone(UTC))


def _draw_frame(page: Page) -> None:
    page.set_draw_color(*_ACCENT)
    for inset, width in ((10.0, 0.7), (12.2, 0.2)):
        page.set_line_width(width)
        page.rect(inset, inset, _WIDTH - 2 * inset, _HEIGHT - 2 * inset)


def _draw_heading(page: Page) -> None:
    _draw_star(page, 29.0, 6.0)
    page.put("STELLR ACADEMY", 38, Style(11, _ACCENT, spacing=3), _CENTRE)
    page.put("Certificate of Completion", 47, Style(26, _INK), _CENTRE)


def _draw_star(page: Page, middle: float, radius: float) -> None:
    corners = [
        (
            _MIDDLE + reach * sin(corner * pi / 4),
            middle - reach * cos(corner * pi / 4),
        )
        for corner, reach in enumerate((radius, radius * 0.25) * 4)
    ]
    page.set_fill_color(*_ACCENT)
    page.polygon(corners, style="F")


def _draw_learner(page: Page, name: str) -> None:
    page.put("This is to certify that", 68, _WORDS, _CENTRE)
    page.put_fitted(name, Room(_CENTRE, 90, 25), _NAME_SIZES, _ACCENT)
    page.set_line_width(0.2)
    page.line(_MIDDLE - 45, 105, _MIDDLE + 45, 105)


def _draw_course(page: Page, title: str) -> None:
    page.put("has completed the course", 110, _WORDS, _CENTRE)
    page.put_fitted(title, Room(_CENTRE, 131, 28), _TITLE_SIZES, _INK)


def _draw_date(page: Page, day: date, timezone: str) -> None:
    label = f"Date of issue ({timezone})" if timezone else "Date of issue"
    page.put(label, 171, _LABEL, _DATE)
    page.put(day_in_words(day), 176, Style(13, _INK), _DATE)


def _draw_proof(page: Page, serial: str, url: str) -> None:
    _draw_qr(page, url, _WIDTH - _MARGIN - _QR_SIZE, 186 - _QR_SIZE)
    page.put("Certificate number", 163, _LABEL, _PROOF)
    _put_shrunk(page, serial, 168, 13)
    page.put("Check it at", 176, _LABEL, _PROOF)
    _put_shrunk(page, clean(url), 180.5, 8.5)
    page.link(_PROOF.left, 180, _PROOF.width, 6, url)


def _put_shrunk(page: Page, text: str, top: float, size: float) -> None:
    room = _PROOF.width / measure(text)
    page.put(text, top, Style(min(size, room), _INK), _PROOF)


def _draw_qr(page: Page, url: str, left: float, top: float) -> None:
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
