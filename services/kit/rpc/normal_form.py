"""Brings the fields of a request to one form, as their rules in the contract have it.

Who compares ids and names later need not know that a UUID may come in upper case (RFC 9562,
section 4), or a name with a byte order mark.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from buf.validate import validate_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from services.kit.text import trim
from stellr.options.v1 import rules_pb2 as rules

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def normalize(message: Message) -> None:
    """Bring all fields of a message to their form, those of the messages in it as well."""
    plan = _plan(message.DESCRIPTOR)
    for name, form, repeated in plan.texts:
        value: Any = getattr(message, name)
        if repeated:
            value[:] = map(form, value)
        elif value:
            setattr(message, name, form(value))
    for name, repeated in plan.parts:
        if repeated:
            for part in getattr(message, name):
                normalize(part)
        elif message.HasField(name):
            normalize(getattr(message, name))


def lower_uuid(text: str) -> str:
    """A UUID in lower case; any other text as it is."""
    return text.lower() if _UUID.fullmatch(text) else text


def hyphens(text: str) -> str:
    """A language tag with hyphens, as BCP 47 has them: POSIX writes pt_BR."""
    return text.replace("_", "-")


# The rules of texts (stellr/options/v1/rules.proto), and what each makes of a text.
_FORMS = (
    (rules.id, lower_uuid),
    (rules.reference, lower_uuid),
    (rules.person_name, trim),
    (rules.line, trim),
    (rules.locale, hyphens),
)


class _Plan(NamedTuple):
    """The fields of a message type that have a form, and those that are messages."""

    texts: tuple[tuple[str, Callable[[str], str], bool], ...]
    parts: tuple[tuple[str, bool], ...]


@cache
def _plan(descriptor: Descriptor) -> _Plan:
    texts = [(each.name, _form(each), each.is_repeated) for each in descriptor.fields]
    parts = [each for each in descriptor.fields if _is_message(each)]
    return _Plan(
        texts=tuple((name, form, many) for name, form, many in texts if form is not None),
        parts=tuple((each.name, each.is_repeated) for each in parts),
    )


def _form(field: FieldDescriptor) -> Callable[[str], str] | None:
    declared = field.GetOptions().Extensions[validate_pb2.field]
    strings = declared.repeated.items.string if field.is_repeated else declared.string
    for rule, form in _FORMS:
        if strings.Extensions[rule]:
            return form
    return None


def _is_message(field: FieldDescriptor) -> bool:
    kind = field.message_type
    return kind is not None and not kind.GetOptions().map_entry
