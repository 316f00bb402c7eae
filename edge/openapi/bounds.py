"""What protovalidate asks of a field, as JSON Schema says it (draft 2020-12).

Where JSON Schema has no word for a rule, the schema allows more than the service takes, never less.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from buf.validate import validate_pb2 as validate
from google.protobuf.descriptor_pb2 import FieldDescriptorProto

from stellr.options.v1 import rules_pb2 as own

Json = dict[str, Any]

# The rules of protos/stellr/options/v1/rules.proto. A person's name and a line have patterns of
# Unicode's classes, which few programs know; their comments say it in words.
PREDEFINED: Mapping[str, Json] = {
    "id": {"format": "uuid"},
    "reference": {"minLength": 1, "maxLength": 80},
    "person_name": {"minLength": 1, "maxLength": 100},
    "line": {"minLength": 1},
    "text": {},
    "locale": {"maxLength": 35, "pattern": "^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*$"},
    "page_token": {"maxLength": 1000},
    "new_password": {"minLength": 8, "maxLength": 128, "format": "password"},
    "code": {"pattern": "^[0-9]{6}$"},
    "email_address": {"maxLength": 320, "pattern": r"^\s*[^\s@]+@[^\s@]+[.][^\s@]+\s*$"},
    "phone_number": {"pattern": r"^\s*[+][1-9][0-9]{6,14}\s*$"},
    "slug": {"pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"},
    "time_of_day": {"pattern": "^(([01][0-9]|2[0-3]):[0-5][0-9])?$"},
    "https_address": {"pattern": r"^(https://[^\s]+)?$"},
    "sha256": {"pattern": "^[0-9a-f]{64}$"},
    "page_size": {"minimum": 0, "maximum": 100},
}
_EXTENSIONS = {name: getattr(own, name) for name in PREDEFINED if name != "page_size"}

_STRING: Mapping[str, str] = {
    "min_len": "minLength",
    "max_len": "maxLength",
    # A character has a byte at least.
    "max_bytes": "maxLength",
}
_NUMBER: Mapping[str, str] = {
    "gte": "minimum",
    "lte": "maximum",
    "gt": "exclusiveMinimum",
    "lt": "exclusiveMaximum",
}


def rules_of(field: FieldDescriptorProto) -> Any:
    """The rules of a field."""
    return field.options.Extensions[validate.field]


def bounds(rules: Any) -> Json:
    """The keywords for the value of a field; of a list, for the list itself."""
    kind = rules.WhichOneof("type")
    found = BY_KIND.get(kind, _none)(getattr(rules, kind)) if kind else {}
    if kind == "string" and rules.ignore == validate.IGNORE_IF_ZERO_VALUE:
        return _or_empty(found)
    return found


def item_bounds(rules: Any) -> Json:
    """The keywords for what is in a list."""
    return bounds(rules.repeated.items) if rules.HasField("repeated") else {}


def refuses_zero(rules: Any) -> bool:
    """Whether an enum's first value, which means that none was given, is refused."""
    return 0 in rules.enum.not_in


def chosen_numbers(rules: Any) -> list[int]:
    """The values of an enum that are taken, where not all are."""
    return list(getattr(rules.enum, "in"))


def _string(rules: Any) -> Json:
    found: Json = {}
    for name, extension in _EXTENSIONS.items():
        if rules.Extensions[extension]:
            found |= PREDEFINED[name]
    for name, keyword in _STRING.items():
        if rules.HasField(name):
            found[keyword] = _tighter(keyword, found.get(keyword), getattr(rules, name))
    if rules.HasField("pattern"):
        found["pattern"] = _ecma(rules.pattern)
    if rules.HasField("const"):
        found["const"] = rules.const
    if chosen := list(getattr(rules, "in")):
        found["enum"] = chosen
    if rules.WhichOneof("well_known") in ("email", "uri", "uuid"):
        found["format"] = rules.WhichOneof("well_known")
    return found


def _tighter(keyword: str, known: int | None, asked: int) -> int:
    if known is None:
        return asked
    return min(known, asked) if keyword.startswith("max") else max(known, asked)


def _ecma(pattern: str) -> str:
    # RE2 writes a character by its number otherwise than ECMA-262.
    return re.sub(r"\\x\{([0-9A-Fa-f]{4})\}", r"\\u\1", pattern)


def _or_empty(found: Json) -> Json:
    """The same for a field in which nothing means that it is not given."""
    found = {key: value for key, value in found.items() if key not in ("minLength", "format")}
    if "pattern" in found:
        found["pattern"] = f"^$|{found['pattern']}"
    if "enum" in found and "" not in found["enum"]:
        found["enum"] = ["", *found["enum"]]
    return found


def _number(rules: Any) -> Json:
    found = {
        keyword: getattr(rules, name) for name, keyword in _NUMBER.items() if rules.HasField(name)
    }
    if chosen := list(getattr(rules, "in")):
        found["enum"] = chosen
    return found


def _int32(rules: Any) -> Json:
    page = PREDEFINED["page_size"] if rules.Extensions[own.page_size] else {}
    return {**page, **_number(rules)}


def _int64(_: Any) -> Json:
    # In JSON it is a text (ProtoJSON).
    return {}


def _list(rules: Any) -> Json:
    names = {"min_items": "minItems", "max_items": "maxItems"}
    found = {word: getattr(rules, name) for name, word in names.items() if rules.HasField(name)}
    return found | ({"uniqueItems": True} if rules.unique else {})


def _none(_: Any) -> Json:
    return {}


BY_KIND: Mapping[str, Callable[[Any], Json]] = {
    "string": _string,
    "int32": _int32,
    "uint32": _number,
    "int64": _int64,
    "uint64": _int64,
    "float": _number,
    "double": _number,
    "repeated": _list,
    "bool": lambda rules: {"const": rules.const} if rules.HasField("const") else {},
}
