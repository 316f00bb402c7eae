"""The one look: what mails take from the style sheet."""

from __future__ import annotations

import re

import pytest

from services.kit.pages import look


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in shares
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_every_colour_of_the_style_sheet_is_there_for_mails() -> None:
    text = look.STYLE_SHEET.read_text()
    used = set(re.findall(r"var\(--([a-z-]+)\)", text)) - {"shadow", "font"}
    assert used
    assert used <= look.colours().keys()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("ink", "paper"),
    [
        *(("ink", paper) for paper in ("page", "card", "sunk")),
        *(("quiet", paper) for paper in ("page", "card")),
        *((each, "card") for each in ("brand", "good", "bad", "warn")),
        ("brand-ink", "brand"),
    ],
)
def test_texts_can_be_read(ink: str, paper: str, scheme: str) -> None:
    """WCAG 2.2, 1.4.3: 4.5 to 1."""
    found = look.colours()
    assert contrast(getattr(found[ink], scheme), getattr(found[paper], scheme)) >= 4.5


def test_a_value_of_a_style_can_hold_the_font() -> None:
    assert look.font().startswith("system-ui, ")
    assert '"' not in look.font()


def test_forms_go_nowhere_unless_that_is_said() -> None:
    assert "form-action 'none'" in look.content_security_policy()
    assert "form-action 'self'" in look.content_security_policy(form="'self'")
    assert "form-action" not in look.content_security_policy(form="")
