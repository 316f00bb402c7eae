"""What callers say that a template shall say: JSON becomes the template's message."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from google.protobuf.json_format import MessageToDict, ParseDict, ParseError
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct

from services.kit.errors import InvalidFields, Violation
from services.kit.rpc.interceptors.validation import validated
from services.notification.templates import TEMPLATES, is_blank

DATA = "data"
# Its lines are its own; all else stands in one, as in a header.
_OF_MANY_LINES = "body"

SAMPLES: dict[str, Any] = {
    "code": "123456",
    "link": "https://academy.example/verify-email?token=example",
    "device": "Firefox on Linux",
    "address": "192.0.2.7",
    "time": datetime(2026, 1, 31, 10, 5, tzinfo=UTC),
    "restore_until": datetime(2026, 3, 2, 10, 5, tzinfo=UTC),
    "change": "added",
    "method": "phone",
    "issuer": "",
    "course_title": "The Night Sky",
    "lesson_title": "How far the stars are",
    "serial": "STLR-7K2M-4Q9X",
    "reason": "It was issued by mistake.",
    "title": "New courses this spring",
    "body": "Three courses begin in March.\n\nThey are open to everybody.",
}


def read_template(name: str, data: Struct) -> Message:
    """The message of a template, from what a caller gave; InvalidFields names each field that is
    wrong as `data.courseTitle`, and a template that there is not."""
    kind = TEMPLATES.get(name)
    if kind is None:
        reason = f"there is no such template; there are {', '.join(sorted(TEMPLATES))}"
        raise InvalidFields([Violation("template", reason)])
    message, violations = _parsed(kind, MessageToDict(data))
    violations += _violations_of(message, {each.field for each in violations})
    if violations:
        raise InvalidFields(violations)
    return message


def sample(name: str) -> Message:
    """The message of a template, made up; KeyError where there is no such template."""
    kind = TEMPLATES[name]
    fields = [field.name for field in kind.DESCRIPTOR.fields]
    return kind(**{field: SAMPLES[field] for field in fields if field in SAMPLES})


def _parsed(kind: type[Message], data: dict[str, Any]) -> tuple[Message, list[Violation]]:
    message, violations = kind(), []
    fields = {field.json_name: field for field in kind.DESCRIPTOR.fields}
    for name, value in data.items():
        field = fields.get(name)
        if field is None:
            violations.append(Violation(f"{DATA}.{name[:50]}", "there is no such field"))
        elif value is not None and not _read(message, field, value):
            violations.append(Violation(f"{DATA}.{name}", f"must be {_kind(field)}"))
    return message, violations


def _read(message: Message, field: Any, value: Any) -> bool:
    try:
        ParseDict({field.json_name: value}, message)
    except ParseError:
        return False
    return True


def _kind(field: Any) -> str:
    return "a time, such as 2026-01-31T10:05:00Z" if field.message_type else "a text"


def _violations_of(message: Message, known: set[str]) -> list[Violation]:
    """One for each field that is not known to be wrong already."""
    found = [*_contract_violations(message), *_line_violations(message)]
    return list({each.field: each for each in found if each.field not in known}.values())


def _line_violations(message: Message) -> Iterator[Violation]:
    for field, value in message.ListFields():
        if not isinstance(value, str):
            continue
        if "\x00" in value:
            yield Violation(f"{DATA}.{field.json_name}", "must not hold a NUL character")
        elif is_blank(value):
            yield Violation(f"{DATA}.{field.json_name}", "must not be blank")
        elif field.name != _OF_MANY_LINES and ("\r" in value or "\n" in value):
            yield Violation(f"{DATA}.{field.json_name}", "must be one line")


def _contract_violations(message: Message) -> Iterator[Violation]:
    try:
        validated(message)
    except InvalidFields as error:
        for each in error.violations:
            yield Violation(f"{DATA}.{each.field}", each.description)
