"""The one look of all pages: a style sheet, and a layout that the pages of services fill."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path

import jinja2

_FOLDER = Path(__file__).parent
STYLE_SHEET = _FOLDER / "look.css"
"""Colours, letters, cards, forms and buttons; light and dark."""


def templates(folder: Path) -> jinja2.Environment:
    """The templates of a folder, which may extend "page.html" and have its `look`."""
    loader = jinja2.FileSystemLoader([folder, _FOLDER])
    environment = jinja2.Environment(
        loader=loader,
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["look"] = _style_sheet()
    return environment


@cache
def content_security_policy(script: str = "", form: str = "'none'") -> str:
    """For a page with the look, one inline script if any, and forms that go where `form` says.

    A script may call the origin that it came from. (OWASP CSP cheat sheet.)
    """
    scripts = f"script-src {_digest(script)}; connect-src 'self'; " if script else ""
    return (
        f"default-src 'none'; {scripts}style-src {_digest(_style_sheet())}; img-src 'self'; "
        f"base-uri 'none'; form-action {form}; frame-ancestors 'none'"
    )


@cache
def _style_sheet() -> str:
    # Between <style> and </style> as it is: the policy names its digest.
    return STYLE_SHEET.read_text()


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
