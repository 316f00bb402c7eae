"""The bounds of fields, as their contract has them, for who has to know them before a call."""

from __future__ import annotations

from typing import Any

from buf.validate import validate_pb2
from google.protobuf.message import Message


def longest(message: type[Message], field: str) -> int:
    """Characters that a text may have, or each text of a list; LookupError where none are set."""
    rules = _rules(message, field)
    texts = rules.repeated.items.string if rules.HasField("repeated") else rules.string
    return _set(message, field, texts.max_len)


def largest(message: type[Message], field: str) -> int:
    """Bytes that a text may have in UTF-8; LookupError where none are set."""
    return _set(message, field, _rules(message, field).string.max_bytes)


def most(message: type[Message], field: str) -> int:
    """Items that a list may have, or the highest that a number may be; LookupError as above."""
    rules = _rules(message, field)
    return _set(message, field, rules.repeated.max_items or rules.int32.lte)


def _rules(message: type[Message], field: str) -> Any:
    options = message.DESCRIPTOR.fields_by_name[field].GetOptions()
    return options.Extensions[validate_pb2.field]


def _set(message: type[Message], field: str, bound: int) -> int:
    if not bound:
        raise LookupError(f"{message.DESCRIPTOR.full_name}.{field} has no such bound")
    return int(bound)
