from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from multidict import CIMultiDict

from services.kit.errors import RangeNotSatisfiable
from services.kit.http.ranges import Span, State, Verdict, asked_span, check_preconditions

MADE = datetime(2026, 3, 4, 5, 6, 7, 890_000, tzinfo=UTC)
STATE = State("abc", MADE)
SIZE = 1000


def at(seconds: float) -> str:
    return format_datetime(MADE + timedelta(seconds=seconds), usegmt=True)


def span(range_: str, size: int = SIZE, **others: str) -> Span | None:
    headers = {name.replace("_", "-"): value for name, value in others.items()}
    return asked_span(CIMultiDict({"Range": range_, **headers}), STATE, size)


@pytest.mark.parametrize(
    ("asked", "start", "length"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-", 0, 1000),
        ("bytes=10-19", 10, 10),
        ("bytes=990-5000", 990, 10),
        ("bytes=999-", 999, 1),
        ("bytes=-1", 999, 1),
        ("bytes=-5000", 0, 1000),
        ("Bytes = 5 - 6 ", 5, 2),
        ("bytes=0-" + "9" * 5000, 0, 1000),
        ("bytes=" + "0" * 50 + "5-" + "0" * 50 + "6", 5, 2),
        ("bytes=-" + "0" * 50 + "5", 995, 5),
    ],
)
def test_one_range_is_a_part_of_the_file(asked: str, start: int, length: int) -> None:
    assert span(asked) == Span(start, length)


@pytest.mark.parametrize(
    "asked",
    [
        *("", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=5-4", "bytes=1-2,4-5", "lines=1-2"),
        *("bytes=--5", "bytes=1-2-3", "bytes=+1-2", "bytes=\u0661-\u0662", "bytes=0x1-2"),
    ],
)
def test_what_is_no_range_and_several_ranges_give_the_whole_file(asked: str) -> None:
    assert span(asked) is None


@pytest.mark.parametrize("asked", ["bytes=1000-", "bytes=1000-1001", "bytes=-0"])
def test_where_there_are_no_bytes_nothing_is_given(asked: str) -> None:
    with pytest.raises(RangeNotSatisfiable):
        span(asked)
    with pytest.raises(RangeNotSatisfiable):
        span("bytes=" + "9" * 5000 + "-")
    with pytest.raises(RangeNotSatisfiable):
        span("bytes=0-", size=0)


def test_a_range_of_another_state_gives_the_whole_file() -> None:
    for same in ('"abc"', at(0)):
        assert span("bytes=5-6", If_Range=same) == Span(5, 2)
    for other in ('"abd"', 'W/"abc"', "abc", at(1), at(-1), "nonsense", ""):
        assert span("bytes=5-6", If_Range=other) is None
        assert span("bytes=5000-", If_Range=other) is None


@pytest.mark.parametrize(
    ("headers", "verdict"),
    [
        ({}, Verdict.PROCEED),
        ({"If-None-Match": '"abc"'}, Verdict.NOT_MODIFIED),
        ({"If-None-Match": 'W/"abc"'}, Verdict.NOT_MODIFIED),
        ({"If-None-Match": '"x", "abc"'}, Verdict.NOT_MODIFIED),
        ({"If-None-Match": "*"}, Verdict.NOT_MODIFIED),
        ({"If-None-Match": '"x"'}, Verdict.PROCEED),
        ({"If-Modified-Since": at(0)}, Verdict.NOT_MODIFIED),
        ({"If-Modified-Since": at(5)}, Verdict.NOT_MODIFIED),
        ({"If-Modified-Since": at(-1)}, Verdict.PROCEED),
        ({"If-Modified-Since": "yesterday"}, Verdict.PROCEED),
        # RFC 9110, 13.1.3: the etag counts where both are there.
        ({"If-None-Match": '"x"', "If-Modified-Since": at(5)}, Verdict.PROCEED),
        ({"If-Match": '"abc"'}, Verdict.PROCEED),
        ({"If-Match": "*"}, Verdict.PROCEED),
        ({"If-Match": 'W/"abc"'}, Verdict.FAILED),
        ({"If-Match": '"x"'}, Verdict.FAILED),
        ({"If-Match": '"x"', "If-None-Match": '"abc"'}, Verdict.FAILED),
        ({"If-Unmodified-Since": at(0)}, Verdict.PROCEED),
        ({"If-Unmodified-Since": at(-1)}, Verdict.FAILED),
        ({"If-Unmodified-Since": "yesterday"}, Verdict.PROCEED),
        ({"If-Modified-Since": "Thu, 01 Jan 99999999999 00:00:00 GMT"}, Verdict.PROCEED),
        ({"If-Unmodified-Since": f"Thu, 01 Jan 2020 00:00:00 +{'9' * 20}"}, Verdict.PROCEED),
    ],
)
def test_conditions_are_looked_at_in_their_order(headers: dict[str, str], verdict: Verdict) -> None:
    assert check_preconditions(CIMultiDict(headers), STATE) is verdict


def test_the_state_is_told_in_headers() -> None:
    assert (STATE.quoted, STATE.http_date) == ('"abc"', "Wed, 04 Mar 2026 05:06:07 GMT")
