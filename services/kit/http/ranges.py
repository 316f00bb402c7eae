"""Which bytes of a file a request asks for (RFC 9110, 13 and 14)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from enum import Enum, auto
from typing import NamedTuple

from services.kit.errors import RangeNotSatisfiable

_RANGE = re.compile(r"bytes\s*=\s*(\d*)\s*-\s*(\d*)", re.IGNORECASE | re.ASCII)
# More digits than any file's size has, and the number is too large for any file.
_MOST_DIGITS = 18


class State(NamedTuple):
    """What a file is known again by: a strong etag without quotes, and when it was made."""

    etag: str
    modified: datetime

    @property
    def quoted(self) -> str:
        """The etag as headers have it."""
        return f'"{self.etag}"'

    @property
    def http_date(self) -> str:
        """The time as Last-Modified has it: in whole seconds."""
        return format_datetime(self.modified.astimezone(UTC), usegmt=True)


class Span(NamedTuple):
    """Bytes from `start` on, as many as `length`."""

    start: int
    length: int


class Verdict(Enum):
    """What the preconditions of a request come to."""

    PROCEED = auto()
    NOT_MODIFIED = auto()
    FAILED = auto()


def check_preconditions(headers: Mapping[str, str], state: State) -> Verdict:
    """Hold the conditions of a GET or HEAD against the file, in the order of RFC 9110, 13.2.2."""
    if "If-Match" in headers:
        if not _lists(headers["If-Match"], state, weak=False):
            return Verdict.FAILED
    elif _is_after(state, headers.get("If-Unmodified-Since")):
        return Verdict.FAILED
    if "If-None-Match" in headers:
        known = _lists(headers["If-None-Match"], state, weak=True)
    else:
        since = headers.get("If-Modified-Since")
        known = _date(since) is not None and not _is_after(state, since)
    return Verdict.NOT_MODIFIED if known else Verdict.PROCEED


def asked_span(headers: Mapping[str, str], state: State, size: int) -> Span | None:
    """The one range that a GET asks for, or None for the whole file; RangeNotSatisfiable.

    What is no range of bytes is ignored, as 14.2 lets a server do, and so are several ranges at
    once; and a range of another state of the file is (If-Range, 13.1.5).
    """
    asked = _RANGE.fullmatch(headers.get("Range", "").strip())
    if asked is None or not _is_same(headers.get("If-Range"), state):
        return None
    first, last = asked.groups()
    if not first:
        return _suffix(last, size) if last else None
    start, end = _number(first), _number(last) if last else size - 1
    if last and end < start:
        return None
    if start >= size:
        raise RangeNotSatisfiable
    return Span(start, min(end, size - 1) - start + 1)


def _suffix(digits: str, size: int) -> Span:
    length = min(_number(digits), size)
    if length == 0:
        raise RangeNotSatisfiable
    return Span(size - length, length)


def _number(digits: str) -> int:
    return int(digits.lstrip("0")[: _MOST_DIGITS + 1] or "0")


def _lists(header: str, state: State, *, weak: bool) -> bool:
    """Whether the list of etags has this one, or is `*`."""
    etags = [each.strip() for each in header.split(",")]
    if weak:
        etags = [each.removeprefix("W/") for each in etags]
    return "*" in etags or state.quoted in etags


def _is_same(if_range: str | None, state: State) -> bool:
    if if_range is None:
        return True
    return if_range.strip() in (state.quoted, state.http_date)


def _is_after(state: State, date: str | None) -> bool:
    """Whether the file was made after the date, where there is one."""
    limit = _date(date)
    return limit is not None and state.modified.replace(microsecond=0) > limit


def _date(header: str | None) -> datetime | None:
    """A date of HTTP; None where it is none, which is then ignored."""
    try:
        found = parsedate_to_datetime(header or "")
    except (ValueError, TypeError, OverflowError):
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found
