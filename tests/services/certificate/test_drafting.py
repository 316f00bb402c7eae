from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest

from services.certificate.drafting import Course, Person, draft
from services.certificate.errors import CertificateNotPrintable
from services.kit.errors import reason_name

NEW_YEAR = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
ADA = Person(uuid4(), "Ada Lovelace", "UTC")
STARS = Course(uuid4(), "The Night Sky")


@pytest.mark.parametrize(
    ("timezone", "day", "kept"),
    [
        ("Pacific/Auckland", date(2027, 1, 1), "Pacific/Auckland"),
        ("America/Los_Angeles", date(2026, 12, 31), "America/Los_Angeles"),
        ("UTC", date(2026, 12, 31), "UTC"),
        ("", date(2026, 12, 31), "UTC"),
        ("No/Where", date(2026, 12, 31), "UTC"),
    ],
)
def test_the_day_is_that_of_the_learner(timezone: str, day: date, kept: str) -> None:
    made = draft(ADA._replace(timezone=timezone), STARS, NEW_YEAR)
    assert (made.issued_at, made.issue_day, made.timezone) == (NEW_YEAR, day, kept)


def test_name_and_title_stay_as_they_were() -> None:
    made = draft(ADA, STARS, NEW_YEAR)
    assert (made.user_id, made.learner_name) == ADA[:2]
    assert (made.course_id, made.course_title) == STARS
    assert made.serial != draft(ADA, STARS, NEW_YEAR).serial


@pytest.mark.parametrize("name", ["", "\u3164", "\u00a0", "\u0301"])
def test_nothing_is_issued_to_nobody(name: str) -> None:
    with pytest.raises(CertificateNotPrintable) as refused:
        draft(ADA._replace(name=name), STARS, NEW_YEAR)
    assert refused.value.metadata == {"field": "learnerName", "characters": ""}


@pytest.mark.parametrize(
    ("person", "course", "metadata"),
    [
        (
            ADA._replace(name="Tenzin བོད"),
            STARS,
            {"field": "learnerName", "characters": "U+0F56 U+0F7C U+0F51"},
        ),
        (
            ADA,
            STARS._replace(title="Reading 𒀀"),
            {"field": "courseTitle", "characters": "U+12000"},
        ),
    ],
)
def test_what_no_font_has_is_refused_by_name(
    person: Person, course: Course, metadata: dict[str, str]
) -> None:
    with pytest.raises(CertificateNotPrintable) as refused:
        draft(person, course, NEW_YEAR)
    assert refused.value.metadata == metadata
    assert reason_name(refused.value.reason) == "CERTIFICATE_NOT_PRINTABLE"
    assert metadata["characters"] in refused.value.message


def test_not_more_is_named_than_a_person_reads() -> None:
    every = "".join(map(chr, range(0x12000, 0x12060)))
    with pytest.raises(CertificateNotPrintable) as refused:
        draft(ADA._replace(name=every), STARS, NEW_YEAR)
    assert refused.value.metadata["characters"].count("U+") == 20
