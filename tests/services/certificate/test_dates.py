from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from services.certificate.dates import (
    day_in,
    day_in_words,
    known_timezone,
    moment_in_words,
    zone_beside,
)


@pytest.mark.parametrize(
    ("timezone", "time", "day"),
    [
        ("Pacific/Auckland", datetime(2026, 12, 31, 23, 30, tzinfo=UTC), "1 January 2027"),
        ("America/Los_Angeles", datetime(2027, 1, 1, 2, tzinfo=UTC), "31 December 2026"),
        ("Asia/Kolkata", datetime(2026, 3, 29, 18, 45, tzinfo=UTC), "30 March 2026"),
        ("", datetime(2026, 12, 31, 23, 30, tzinfo=UTC), "31 December 2026"),
    ],
)
def test_the_day_is_that_of_the_learner(timezone: str, time: datetime, day: str) -> None:
    assert day_in_words(day_in(time, known_timezone(timezone))) == day


@pytest.mark.parametrize(
    "name", ["", "America", "../../etc/passwd", "Nowhere/At_All", "a\0b", "x" * 5000, "/etc/passwd"]
)
def test_a_time_zone_that_is_none_is_utc(name: str) -> None:
    assert known_timezone(name) == "UTC"


def test_the_zone_stands_beside_a_day_that_is_not_the_learners_own() -> None:
    assert zone_beside("UTC") == "UTC"
    assert zone_beside("Asia/Kolkata") == ""


def test_a_moment_names_its_zone() -> None:
    assert moment_in_words(datetime(2026, 11, 22, 10, 5, tzinfo=UTC)) == (
        "22 November 2026, 10:05 UTC"
    )
    assert day_in_words(date(2026, 3, 1)) == "1 March 2026"
