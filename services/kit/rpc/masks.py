"""Which fields an update changes: those of its mask, or without one those present (AIP-134)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from google.protobuf.message import Message

from services.kit.errors import InvalidFields, Violation


def named_values(
    change: Message, mask: Sequence[str], *, body: str, clearable: Collection[str] = ()
) -> dict[str, Any]:
    """The new values by field name; what is named and absent has its empty value.

    `body` is the field of the request that holds the change. InvalidFields tells all that is wrong:
    a path that is no field, a field that cannot be cleared.
    """
    check_paths(mask, [field.name for field in change.DESCRIPTOR.fields], change)
    present = {field.name for field, _ in change.ListFields()}
    names = [field.name for field in change.DESCRIPTOR.fields if field.name in (mask or present)]
    violations = list(_not_clearable(change, set(names) - present - set(clearable), body))
    if violations:
        raise InvalidFields(violations)
    return {name: getattr(change, name) for name in names}


def check_paths(mask: Sequence[str], known: Collection[str], change: Message) -> None:
    """InvalidFields on updateMask where a path is none of those that are known."""
    unknown = [path for path in mask if path not in known]
    if unknown:
        named = ", ".join(repr(path[:50]) for path in unknown[:5])
        paths = ", ".join(field.json_name for field in change.DESCRIPTOR.fields)
        reason = f"{named}: not a field that can change; those are {paths}"
        raise InvalidFields([Violation("updateMask", reason)])


def path_of(change: Message, name: str, body: str) -> str:
    """The path of a field of a change, as its request has it."""
    return f"{body}.{change.DESCRIPTOR.fields_by_name[name].json_name}"


def _not_clearable(change: Message, absent: Collection[str], body: str) -> Iterator[Violation]:
    for name in sorted(absent):
        yield Violation(path_of(change, name, body), "cannot be cleared")
