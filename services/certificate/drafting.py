"""What is put on a certificate, and whether it can be printed."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.certificate.dates import day_in, known_timezone
from services.certificate.errors import CertificateNotPrintable
from services.certificate.fonts import without_glyph
from services.certificate.names import is_visible
from services.certificate.repository.certificates import Certificate, Draft
from services.certificate.serials import new_serial


class Person(NamedTuple):
    """Who completed a course; the time zone as the profile has it."""

    user_id: UUID
    name: str
    timezone: str


class Course(NamedTuple):
    """What was completed."""

    course_id: UUID
    title: str


def draft(person: Person, course: Course, now: datetime) -> Draft:
    """A certificate of this moment, under a new serial.

    CertificateNotPrintable where nothing can be seen in the name or the title, or no font has one
    of their characters.
    """
    _require_printable("learnerName", person.name)
    _require_printable("courseTitle", course.title)
    timezone = known_timezone(person.timezone)
    return Draft(
        user_id=person.user_id,
        course_id=course.course_id,
        serial=new_serial(),
        learner_name=person.name,
        course_title=course.title,
        issued_at=now,
        issue_day=day_in(now, timezone),
        timezone=timezone,
    )


def draft_anew(old: Certificate, user_id: UUID, name: str) -> Draft:
    """The same certificate with another name, under a new serial: the course was completed then.

    CertificateNotPrintable, for the name alone: the title was printed before.
    """
    _require_printable("learnerName", name)
    return Draft(
        user_id=user_id,
        course_id=old.course_id,
        serial=new_serial(),
        learner_name=name,
        course_title=old.course_title,
        issued_at=old.issued_at,
        issue_day=old.issue_day,
        timezone=old.timezone,
        replaces=old.certificate_id,
    )


def _require_printable(field: str, text: str) -> None:
    missing = without_glyph(text)
    if missing or not is_visible(text):
        raise CertificateNotPrintable(field, missing)
