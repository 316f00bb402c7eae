"""What an update asks for: which fields of a profile change, and into what."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from zoneinfo import available_timezones

from services.kit.errors import InvalidFields, Violation
from services.kit.rpc.masks import named_values, path_of
from stellr.user.v1.user_service_pb2 import PreferencesChange, ProfileChange

CLEARABLE = frozenset({"avatar_url", "bio"})


def changes(change: ProfileChange, mask: Sequence[str]) -> dict[str, str]:
    """The new values by field name. InvalidFields as `named_values`, and for a time zone that does
    not exist."""
    values = named_values(change, mask, body="profile", clearable=CLEARABLE)
    check_timezone(change, values, "profile")
    return values


def check_timezone(
    change: ProfileChange | PreferencesChange, values: dict[str, str], body: str
) -> None:
    """InvalidFields where a time zone is set that does not exist."""
    if "timezone" in values and values["timezone"] not in _timezones():
        path = path_of(change, "timezone", body)
        raise InvalidFields([Violation(path, "must be the name of an IANA time zone")])


@cache
def _timezones() -> frozenset[str]:
    return frozenset(available_timezones())
