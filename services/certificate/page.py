"""The public page that tells people whether a certificate is real."""

from dataclasses import dataclass
from datetime import datetime

from jinja2 import Environment, PackageLoader, StrictUndefined

from services.certificate.dates import date_in_words, moment_in_words

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""Sent with the page (OWASP CSP cheat sheet): it has one inline style sheet and needs no more."""


@dataclass(frozen=True)
class Verification:
    """What the public may know of a certificate; times are timezone-aware."""

    serial: str
    learner_name: str
    course_title: str
    issue_time: datetime
    revoke_time: datetime | None = None
    reason: str = ""


def render_page(verification: Verification | None, serial: str) -> str:
    """The HTML page about the certificate with this serial; None says that it is unknown."""
    page = _ENVIRONMENT.get_template("verify.html")
    return page.render(certificate=verification, serial=serial)


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("services.certificate"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(day=date_in_words, moment=moment_in_words)
    return environment


_ENVIRONMENT = _environment()
