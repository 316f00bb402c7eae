"""What an update asks for: which fields of a profile change, and into what (AIP-134)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import cache
from zoneinfo import available_timezones

from services.kit.errors import InvalidFields, Violation
from stellr.user.v1.user_service_pb2 import ProfileChange

FIELDS = tuple(field.name for field in ProfileChange.DESCRIPTOR.fields)
PATHS = tuple(field.json_name for field in ProfileChange.DESCRIPTOR.fields)
CLEARABLE = frozenset({"avatar_url", "bio"})


def changes(change: ProfileChange, mask: Sequence[str]) -> dict[str, str]:
    """The new values by field name: of those in the mask, or without one of those present.

    A field that is named and absent is cleared. InvalidFields tells everything that is wrong: a
    path that is no field, a field that cannot be cleared, a time zone that does not exist.
    """
    _check_paths(mask)
    present = {field.name for field, _ in change.ListFields()}
    names = [name for name in FIELDS if name in (mask or present)]
    violations = [*_not_clearable(set(names) - present), *_unknown_timezone(change, names)]
    if violations:
        raise InvalidFields(violations)
    return {name: getattr(change, name) for name in names}


def _check_paths(mask: Sequence[str]) -> None:
    unknown = [path for path in mask if path not in FIELDS]
    if unknown:
        named = ", ".join(repr(path[:50]) for path in unknown[:5])
        reason = f"{named}: not a field that can change; those are {', '.join(PATHS)}"
        raise InvalidFields([Violation("updateMask", reason)])


def _not_clearable(absent: AbstractSet[str]) -> Iterator[Violation]:
    for name in sorted(absent - CLEARABLE):
        yield Violation(_path(name), "cannot be cleared")


def _unknown_timezone(change: ProfileChange, names: Sequence[str]) -> Iterator[Violation]:
    named = "timezone" in names and change.HasField("timezone")
    if named and change.timezone not in _timezones():
        yield Violation(_path("timezone"), "must be the name of an IANA time zone")


@cache
def _timezones() -> frozenset[str]:
    return frozenset(available_timezones())


def _path(name: str) -> str:
    return f"profile.{ProfileChange.DESCRIPTOR.fields_by_name[name].json_name}"
