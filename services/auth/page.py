"""The pages that the links in mails open. They change nothing until a form is sent."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path

import jinja2
from google.api.httpbody_pb2 import HttpBody

_TEMPLATES = Path(__file__).parent / "templates"


@cache
def _environment() -> jinja2.Environment:
    loader = jinja2.FileSystemLoader(_TEMPLATES)
    return jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)


@cache
def _script() -> str:
    return (_TEMPLATES / "form.js").read_text()


@cache
def content_security_policy() -> str:
    """Nothing but the pages' own script and style, and calls to where they came from."""
    digest = base64.b64encode(hashlib.sha256(_script().encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def verify_email_page(token: str) -> HttpBody:
    """Where a registration is confirmed, by its password or with a new one: text/html."""
    return _page("verify_email.html", token)


def reset_password_page(token: str) -> HttpBody:
    """Where a new password is chosen: text/html."""
    return _page("reset_password.html", token)


def _page(template: str, token: str) -> HttpBody:
    html = _environment().get_template(template).render(token=token, script=_script())
    return HttpBody(content_type="text/html; charset=utf-8", data=html.encode())
