"""The one look of all pages and mails: a style sheet, and layouts that services fill."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import jinja2
from markupsafe import Markup

_FOLDER = Path(__file__).parent
STYLE_SHEET = _FOLDER / "look.css"
"""Colours, letters, cards, forms and buttons; light and dark."""
_COLOUR = re.compile(r"--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);")
_FONT = re.compile(r"--font: (.+);")


class Colour(NamedTuple):
    """As a light and as a dark scheme have it: "#rrggbb"."""

    light: str
    dark: str


def templates(folder: Path) -> jinja2.Environment:
    """The templates of a folder, which may extend "page.html" and have its `look`.

    They have `colours` and `font` too.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([folder, _FOLDER]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"look": _style_sheet(), "colours": colours(), "font": font()}
    return environment


def add_mails(environment: jinja2.Environment) -> None:
    """Let the templates of an environment extend "mail.html" and have `colours` and `font`."""
    loaders = [environment.loader] if environment.loader else []
    environment.loader = jinja2.ChoiceLoader([*loaders, jinja2.FileSystemLoader(_FOLDER)])
    environment.globals |= {"colours": colours(), "font": font()}


@cache
def colours() -> Mapping[str, Colour]:
    """The colours of the style sheet by their names there; mail programs know no variables."""
    return {name: Colour(light, dark) for name, light, dark in _COLOUR.findall(_style_sheet())}


@cache
def font() -> Markup:
    """The fonts of the style sheet, for CSS in a file as well as within double quotes of HTML."""
    return Markup(_FONT.findall(_style_sheet())[0].replace('"', "'"))  # noqa: S704 - our own


@cache
def content_security_policy(script: str = "", form: str = "'none'") -> str:
    """For a page with the look, one inline script if any, and forms that go where `form` says.

    A script may call the origin that it came from. Empty, `form` lets forms go anywhere. (OWASP CSP
    cheat sheet.)
    """
    scripts = f"script-src {_digest(script)}; connect-src 'self'; " if script else ""
    forms = f"form-action {form}; " if form else ""
    return (
        f"default-src 'none'; {scripts}style-src {_digest(_style_sheet())}; img-src 'self'; "
        f"base-uri 'none'; {forms}frame-ancestors 'none'"
    )


@cache
def _style_sheet() -> str:
    # Between <style> and </style> as it is: the policy names its digest.
    return STYLE_SHEET.read_text()


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
