"""The public page that tells people whether a certificate is real."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from jinja2 import Environment

from services.certificate.dates import day_in_words, moment_in_words
from services.certificate.names import clean
from services.kit.pages import look

CONTENT_SECURITY_POLICY = look.content_security_policy()
"""Sent with the page: it has one inline style sheet and needs no more."""

_MAX_ASKED = 64  # characters


@dataclass(frozen=True)
class Verification:
    """What the public may know of a certificate. `timezone` stands beside the day, if not empty.

    Of a learner who was erased the name is empty.
    """

    serial: str
    learner_name: str
    course_title: str
    issue_day: date
    timezone: str = ""
    revoke_time: datetime | None = None
    reason: str = ""
    replace_time: datetime | None = None


def render_page(verification: Verification | None, serial: str) -> str:
    """The HTML page about the certificate with this serial; None says that it is unknown."""
    page = _ENVIRONMENT.get_template("verify.html")
    return page.render(certificate=verification, serial=_shortened(serial))


def _shortened(text: str) -> str:
    """The beginning of what somebody asked for, on one line."""
    shown = clean(text[: 2 * _MAX_ASKED])
    return shown if len(shown) <= _MAX_ASKED else f"{shown[:_MAX_ASKED]}…"


def _environment() -> Environment:
    environment = look.templates(Path(__file__).parent / "templates")
    environment.filters.update(day=day_in_words, moment=moment_in_words)
    return environment


_ENVIRONMENT = _environment()
