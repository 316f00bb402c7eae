"""What protovalidate says of fields, in plain English.

Its own sentences are for programmers: "must be at least 1 characters", "must match regex pattern".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

_Say = Callable[[re.Match[str]], str]
OTHER = "is not valid"
_NUMBER = r"(-?[\w.+]+)"
_EMPTY = "1"


def _at_least(unit: str) -> _Say:
    return lambda found: (
        "must not be empty"
        if found[1] == _EMPTY
        else f"must have at least {found[1]} {_counted(found[1], unit)}"
    )


def _at_most(unit: str) -> _Say:
    return lambda found: f"must have at most {found[1]} {_counted(found[1], unit)}"


def _counted(number: str, unit: str) -> str:
    if number != _EMPTY:
        return unit
    return "entry" if unit == "entries" else unit.removesuffix("s")


def _listed(names: Iterable[str]) -> str:
    return "must be one of " + ", ".join(name for name in names if name)


# The sentences of protovalidate, and ours.
_SENTENCES: Sequence[tuple[str, _Say]] = [
    (rf"must be at least {_NUMBER} characters", _at_least("characters")),
    (rf"must be at most {_NUMBER} characters", _at_most("characters")),
    (rf"must be at least {_NUMBER} bytes", _at_least("bytes")),
    (rf"must be at most {_NUMBER} bytes", _at_most("bytes")),
    (rf"must contain at least {_NUMBER} item\(s\)", _at_least("entries")),
    (rf"must contain no more than {_NUMBER} item\(s\)", _at_most("entries")),
    (
        rf"must be greater than or equal to {_NUMBER} and less than or equal to {_NUMBER}",
        lambda found: f"must be {found[1]} to {found[2]}",
    ),
    (rf"must be greater than or equal to {_NUMBER}", lambda found: f"must be at least {found[1]}"),
    (rf"must be less than or equal to {_NUMBER}", lambda found: f"must be at most {found[1]}"),
    (r"must be in list \[(.*)\]", lambda found: _listed(found[1].split(", "))),
    (r"does not match regex pattern `.*`", lambda _: "does not have the form that is asked for"),
    (r"repeated value must contain unique items", lambda _: "must have no entry twice"),
    (r"exactly one field is required in oneof", lambda _: "must be given, in one way of several"),
    (r"value is required", lambda _: "must be given"),
    (r"must be finite", lambda _: "must be a finite number"),
    (r"(must be|value is empty, which is not) a valid URI", lambda _: "must be a web address"),
    (
        r"(must be|value is empty, which is not) a valid email address",
        lambda _: "must be an e-mail address",
    ),
    (r"must equal `?([^`]*)`?", lambda found: f"must be {found[1]}"),
]
_COMPILED = [(re.compile(pattern, re.DOTALL), say) for pattern, say in _SENTENCES]


def in_plain_english(violation: Any, message: Descriptor) -> str:
    """The sentence about one violation (protovalidate.Violation) in a message of this kind."""
    names = _enum_names(violation, message)
    if names:
        return _listed(names)
    said: str = violation.proto.message
    for pattern, say in _COMPILED:
        found = pattern.fullmatch(said)
        if found:
            return say(found)
    return said or OTHER


def _enum_names(violation: Any, message: Descriptor) -> list[str]:
    """The names that an enum may have here; none where it is about no enum."""
    kind = _enum(violation.proto.field.elements if violation.proto.field else (), message)
    if kind is None or not violation.proto.rule_id.startswith("enum."):
        return []
    allowed = {value.number for value in kind.values}
    rule = violation.proto.rule_id.removeprefix("enum.")
    if rule == "in":
        allowed &= set(violation.rule_value)
    elif rule == "not_in":
        allowed -= set(violation.rule_value)
    return [value.name for value in kind.values if value.number in allowed]


def _enum(path: Iterable[Any], message: Descriptor) -> EnumDescriptor | None:
    field: FieldDescriptor | None = None
    for element in path:
        inside = field.message_type if field else message
        field = inside.fields_by_name.get(element.field_name) if inside else None
    return field.enum_type if field else None
