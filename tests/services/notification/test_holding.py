"""Until when messages are held, by the clock of their person."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from services.notification.holding import Habits, held_until
from stellr.notification.v1.preferences_pb2 import Digest

NIGHT = Habits("Europe/Zurich", time(22), time(7), Digest.DIGEST_OFF)
NONE = Habits("", None, None, Digest.DIGEST_OFF)
NEWS = "announcement"


def local(text: str, zone: str = "Europe/Zurich", fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


def until(now: str, habits: Habits, channel: str = "push", **more: int) -> datetime | None:
    return held_until(local(now, habits.timezone or "UTC", **more), channel, NEWS, habits)


@pytest.mark.parametrize(
    ("now", "end"),
    [
        ("2026-06-10T21:59:59", None),
        ("2026-06-10T22:00", "2026-06-11T07:00"),
        ("2026-06-11T00:30", "2026-06-11T07:00"),
        ("2026-06-11T06:59:59", "2026-06-11T07:00"),
        ("2026-06-11T07:00", None),
        # Clocks are set forward, and back, in the night.
        ("2026-03-28T23:00", "2026-03-29T07:00"),
        ("2026-10-24T23:00", "2026-10-25T07:00"),
    ],
)
@pytest.mark.parametrize("channel", ["push", "email"])
def test_quiet_hours_end_by_the_clock_of_the_person(
    now: str, end: str | None, channel: str
) -> None:
    assert until(now, NIGHT, channel) == (local(end) if end else None)


def test_quiet_hours_may_be_by_day() -> None:
    noon = Habits("America/New_York", time(12), time(13), Digest.DIGEST_OFF)
    assert until("2026-06-10T12:30", noon) == local("2026-06-10T13:00", "America/New_York")
    assert until("2026-06-10T13:30", noon) is None


def test_an_end_that_comes_twice_or_never_is_the_next_one() -> None:
    early = NIGHT._replace(quiet_end=time(2, 30))
    first, second = "2026-10-25T02:15", "2026-10-25T02:30"
    assert until(first, early) == local(second)
    assert until(first, early, fold=1) == local(second, fold=1)
    skipped = until("2026-03-29T01:00", early)
    assert skipped == local("2026-03-29T03:30")


def test_without_quiet_hours_or_a_known_time_zone() -> None:
    assert until("2026-06-10T23:00", NONE) is None
    strange = NIGHT._replace(timezone="../etc/passwd")
    now = datetime(2026, 6, 10, 23, tzinfo=UTC)
    assert held_until(now, "push", NEWS, strange) == datetime(2026, 6, 11, 7, tzinfo=UTC)
    gone = NIGHT._replace(timezone="Mars/Olympus")
    assert held_until(now, "push", NEWS, gone) == datetime(2026, 6, 11, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("channel", "template"),
    [
        ("email", "verification_code"),
        ("email", "password_changed"),
        ("email", "digest"),
        ("sms", "new_device"),
        ("in_app", "announcement"),
    ],
)
def test_what_may_not_wait_is_never_held(channel: str, template: str) -> None:
    habits = NIGHT._replace(digest=Digest.DIGEST_WEEKLY)
    assert held_until(local("2026-06-10T23:00"), channel, template, habits) is None


@pytest.mark.parametrize(
    ("digest", "now", "end"),
    [
        (Digest.DIGEST_DAILY, "2026-06-10T07:59", "2026-06-10T08:00"),
        (Digest.DIGEST_DAILY, "2026-06-10T08:00", "2026-06-11T08:00"),
        # 10 June 2026 is a Wednesday.
        (Digest.DIGEST_WEEKLY, "2026-06-10T07:59", "2026-06-15T08:00"),
        (Digest.DIGEST_WEEKLY, "2026-06-15T07:59", "2026-06-15T08:00"),
        (Digest.DIGEST_WEEKLY, "2026-06-15T08:00", "2026-06-22T08:00"),
    ],
)
def test_digests_come_at_eight(digest: Digest.ValueType, now: str, end: str) -> None:
    habits = NIGHT._replace(digest=digest)
    assert until(now, habits, "email") == local(end)


def test_a_digest_waits_for_the_end_of_quiet_hours() -> None:
    long = NIGHT._replace(digest=Digest.DIGEST_DAILY, quiet_end=time(10))
    assert until("2026-06-10T12:00", long, "email") == local("2026-06-11T10:00")


def test_push_messages_are_in_no_digest() -> None:
    assert until("2026-06-10T12:00", NIGHT._replace(digest=Digest.DIGEST_DAILY)) is None
