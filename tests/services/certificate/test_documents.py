from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from uuid import uuid4

import pypdf
import pytest

from services.certificate import documents, pdf
from services.certificate.documents import Documents
from services.certificate.page import render_page
from services.certificate.repository import certificates as repository
from services.certificate.repository.certificates import Certificate, Draft
from services.certificate.serials import new_serial
from services.certificate.shelves import DatabaseShelf
from services.certificate.views import certificate_message, verification, verified_message
from services.kit.data.database import Database
from tests.services.certificate.keys import document_keys

URL = "https://academy.example"


@pytest.fixture
def database(database_of: Callable[[str], Database]) -> Database:
    return database_of("certificate")


def documents_of(database: Database, url: str = URL) -> Documents:
    return Documents(DatabaseShelf(database), document_keys(database), url)


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The serials of the certificates rendered since."""
    serials: list[str] = []
    render = pdf.render

    def counted(text: pdf.CertificateText) -> bytes:
        serials.append(text.serial)
        return render(text)

    monkeypatch.setattr(pdf, "render", counted)
    return serials


def issue(database: Database, day: date, timezone: str, issued_at: datetime) -> Certificate:
    draft = Draft(
        user_id=uuid4(),
        course_id=uuid4(),
        serial=new_serial(),
        learner_name="Zoë",
        course_title="The Night Sky",
        issued_at=issued_at,
        issue_day=day,
        timezone=timezone,
    )
    with database.transaction():
        issued = repository.create_certificate(database, draft)
    assert issued is not None
    return issued


@pytest.fixture
def issued(database: Database) -> Certificate:
    return issue(database, date(2026, 11, 22), "UTC", datetime(2026, 11, 22, 10, 5, tzinfo=UTC))


def test_a_document_is_rendered_once(
    database: Database, issued: Certificate, rendered: list[str]
) -> None:
    first = documents_of(database).get(issued)
    assert first.startswith(b"%PDF")
    # The name of the academy's address changed meanwhile; what was printed stays.
    assert documents_of(database, "https://elsewhere.example").get(issued) == first
    assert rendered == [issued.serial]


def test_who_ask_first_at_once_get_the_same(
    database: Database, issued: Certificate, rendered: list[str]
) -> None:
    found = documents_of(database)
    with ThreadPoolExecutor(8) as pool:
        kept = set(pool.map(lambda _: found.get(issued), range(16)))
    assert kept == {found.get(issued)}
    assert rendered == [issued.serial]


def test_processes_that_are_asked_at_once_give_the_same(
    database: Database, issued: Certificate
) -> None:
    with ThreadPoolExecutor(4) as pool:
        kept = set(pool.map(lambda _: documents_of(database).get(issued), range(8)))
    assert len(kept) == 1


def test_what_is_kept_goes_before_what_was_rendered_meanwhile(
    database: Database, issued: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    render = pdf.render

    def overtaken(text: pdf.CertificateText) -> bytes:
        DatabaseShelf(database).keep(
            issued.certificate_id, documents.RENDERER, b"of another process"
        )
        return render(text)

    monkeypatch.setattr(pdf, "render", overtaken)
    assert documents_of(database).get(issued) == b"of another process"


def test_a_later_renderer_renders_anew(
    database: Database,
    issued: Certificate,
    rendered: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    documents_of(database).get(issued)
    monkeypatch.setattr(documents, "RENDERER", documents.RENDERER + 1)
    documents_of(database).get(issued)
    documents_of(database).get(issued)
    assert rendered == [issued.serial] * 2


@pytest.mark.parametrize(
    ("timezone", "time", "day", "words"),
    [
        ("Pacific/Auckland", "2026-12-31T23:30:00Z", "2027-01-01", "1 January 2027"),
        ("America/Los_Angeles", "2027-01-01T02:00:00Z", "2026-12-31", "31 December 2026"),
        ("Asia/Kolkata", "2026-03-29T18:45:00Z", "2026-03-30", "30 March 2026"),
        ("UTC", "2026-12-31T23:30:00Z", "2026-12-31", "31 December 2026"),
    ],
)
def test_document_page_and_message_say_the_same_day(
    database: Database, timezone: str, time: str, day: str, words: str
) -> None:
    issued = issue(database, date.fromisoformat(day), timezone, datetime.fromisoformat(time))
    zone = "UTC" if timezone == "UTC" else ""
    for message in (certificate_message(issued, URL), verified_message(issued)):
        assert (message.issue_day, message.issue_timezone) == (day, zone)
        assert message.issue_time.ToJsonString() == time
    page = render_page(verification(issued), issued.serial)
    assert f'<time datetime="{day}">{words}</time>{" (UTC)" if zone else ""}</dd>' in page
    reader = pypdf.PdfReader(io.BytesIO(documents_of(database).get(issued)))
    label = "Date of issue (UTC)" if zone else "Date of issue"
    assert f"{label}\n{words}\n" in reader.pages[0].extract_text()
