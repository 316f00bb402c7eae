"""The pages that the links in mails open. They change nothing until a form is sent."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import jinja2
from google.api.httpbody_pb2 import HttpBody

from services.kit.pages import look

_TEMPLATES = Path(__file__).parent / "templates"


@cache
def _script() -> str:
    return (_TEMPLATES / "form.js").read_text()


def content_security_policy() -> str:
    """Nothing but the pages' own script and style, and calls to where they came from."""
    return look.content_security_policy(_script())


def verify_email_page(token: str) -> HttpBody:
    """Where a registration is confirmed, by its password or with a new one: text/html."""
    return _page("verify_email.html", token)


def reset_password_page(token: str) -> HttpBody:
    """Where a new password is chosen: text/html."""
    return _page("reset_password.html", token)


@cache
def _templates() -> jinja2.Environment:
    return look.templates(_TEMPLATES)


def _page(template: str, token: str) -> HttpBody:
    html = _templates().get_template(template).render(token=token, script=_script())
    return HttpBody(content_type="text/html; charset=utf-8", data=html.encode())
