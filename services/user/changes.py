"""What an update asks for: which fields of a profile change, and into what."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial
from zoneinfo import available_timezones

from services.kit.errors import InvalidFields, Violation, together
from services.kit.rpc.masks import named_values, path_of
from stellr.user.v1.user_service_pb2 import PreferencesChange, ProfileChange

CLEARABLE = frozenset({"avatar_url", "bio"})
# Names beside those of IANA's zones: wherever the machine stands, and that nobody said where.
OF_MACHINES = frozenset({"localtime", "Factory"})


def changes(change: ProfileChange, mask: Sequence[str]) -> dict[str, str]:
    """The new values by field name. InvalidFields as `named_values`, and for a time zone that does
    not exist."""
    _, values = together(
        partial(check_timezone, change, mask, "profile"),
        partial(named_values, change, mask, body="profile", clearable=CLEARABLE),
    )
    return dict(values)


def check_timezone(
    change: ProfileChange | PreferencesChange, mask: Sequence[str], body: str
) -> None:
    """InvalidFields where a time zone is to be set that does not exist."""
    is_meant = change.HasField("timezone") and (not mask or "timezone" in mask)
    if is_meant and change.timezone not in _timezones():
        path = path_of(change, "timezone", body)
        raise InvalidFields([Violation(path, "must be the name of an IANA time zone")])


@cache
def _timezones() -> frozenset[str]:
    return frozenset(available_timezones()) - OF_MACHINES
