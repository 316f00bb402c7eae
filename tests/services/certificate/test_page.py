import re
from datetime import UTC, date, datetime
from html.parser import HTMLParser

import pytest

from services.certificate.page import CONTENT_SECURITY_POLICY, Verification, render_page

TIME = datetime(2026, 11, 22, 10, 5, tzinfo=UTC)
DAY = date(2026, 11, 21)
EVIL = "<script>alert('x')</script>\"'&"


def verification(
    revoke_time: datetime | None = None, reason: str = "", timezone: str = ""
) -> Verification:
    return Verification(
        "STLR-7K2M", "Zoë Ł", "IoT for Beginners", DAY, timezone, revoke_time, reason
    )


class Tags(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_valid_certificate_shows_who_what_and_when() -> None:
    page = render_page(verification(), "STLR-7K2M")
    for part in ("is valid", "Zoë Ł", "IoT for Beginners", "21 November 2026", "STLR-7K2M"):
        assert part in page
    assert "UTC" not in page
    assert "revoked" not in page.split("</style>")[1]


def test_the_zone_stands_beside_a_day_that_is_not_the_learners_own() -> None:
    page = render_page(verification(timezone="UTC"), "STLR-7K2M")
    assert '<time datetime="2026-11-21">21 November 2026</time> (UTC)' in page


def test_revoked_certificate_says_when_and_why() -> None:
    page = render_page(verification(TIME, "Issued twice"), "STLR-7K2M").split("</style>")[1]
    assert "was revoked" in page
    assert "22 November 2026, 10:05 UTC" in page
    assert "Issued twice" in page
    assert "is valid" not in page


def test_what_was_asked_for_is_shown_in_part_and_on_one_line() -> None:
    page = render_page(None, "STLR\0\n" + "0" * 60_000)
    assert f"STLR {'0' * 59}…" in page
    assert len(page) < 8_000


def test_unknown_serial_is_shown_and_nobody_named() -> None:
    page = render_page(None, "STLR-0000")
    assert "No such certificate" in page
    assert "STLR-0000" in page
    assert "Learner" not in page


@pytest.mark.parametrize(
    "page",
    [
        render_page(Verification(EVIL, EVIL, EVIL, DAY, EVIL, TIME, EVIL), EVIL),
        render_page(Verification(EVIL, EVIL, EVIL, DAY), EVIL),
        render_page(None, EVIL),
    ],
)
def test_page_has_no_script_no_resource_and_escapes_all(page: str) -> None:
    tags = Tags(page).tags
    assert not {"script", "img", "iframe", "form"} & {tag for tag, _ in tags}
    assert not any({"src", "onload", "onerror"} & attributes.keys() for _, attributes in tags)
    # The academy's own: its icon and the way to it.
    links = [attributes["href"] for _, attributes in tags if "href" in attributes]
    assert links == ["/app/page/icon.svg", "/"]
    assert EVIL not in page
    assert "&lt;script&gt;" in page
    assert not re.search(r"url\(|@import", page)


def test_page_is_for_people_and_not_for_search_engines() -> None:
    page = render_page(verification(), "STLR-7K2M")
    tags = Tags(page).tags
    assert page.startswith("<!doctype html>")
    assert ("html", {"lang": "en"}) in tags
    assert ("meta", {"name": "robots", "content": "noindex"}) in tags
    assert "<title>This certificate is valid" in page
    assert "script" not in CONTENT_SECURITY_POLICY
    assert "default-src 'none'" in CONTENT_SECURITY_POLICY
