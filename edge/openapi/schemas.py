"""Messages as schemas: what Envoy's transcoder reads and writes (ProtoJSON), in JSON Schema.

A message that is both sent and received has two: in an answer every plain field is there, in a
request only what is required must be.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from buf.validate import validate_pb2 as validate
from google.api import field_behavior_pb2 as behavior
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    FieldDescriptorProto,
)

from edge.openapi.bounds import bounds, chosen_numbers, item_bounds, refuses_zero, rules_of
from edge.openapi.contracts import Contracts, camel, in_json
from edge.openapi.examples import example_of

Json = dict[str, Any]
Field = FieldDescriptorProto

_SCALARS: Mapping[int, Json] = {
    Field.TYPE_DOUBLE: {"type": "number", "format": "double"},
    Field.TYPE_FLOAT: {"type": "number", "format": "float"},
    Field.TYPE_INT32: {"type": "integer", "format": "int32"},
    Field.TYPE_UINT32: {"type": "integer", "format": "int64", "minimum": 0},
    Field.TYPE_INT64: {"type": "string", "pattern": "^-?[0-9]+$"},
    Field.TYPE_UINT64: {"type": "string", "pattern": "^[0-9]+$"},
    Field.TYPE_BOOL: {"type": "boolean"},
    Field.TYPE_STRING: {"type": "string"},
    Field.TYPE_BYTES: {"type": "string", "contentEncoding": "base64"},
}
_WELL_KNOWN: Mapping[str, Json] = {
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    "google.protobuf.Duration": {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?s$"},
    "google.protobuf.FieldMask": {"type": "string"},
    "google.protobuf.Struct": {"type": "object", "additionalProperties": True},
    "google.protobuf.Value": {},
    "google.protobuf.Any": {"type": "object", "additionalProperties": True},
    "google.protobuf.Empty": {"type": "object"},
}
INPUT = "Input"


class Schemas:
    """Collects the schemas that operations refer to."""

    def __init__(self, contracts: Contracts) -> None:
        self._contracts = contracts
        self._asked: dict[tuple[str, bool], None] = {}

    def ref(self, message: str, *, sent: bool) -> Json:
        """A reference to the schema of a message, or the schema where it is a well-known one."""
        if message in _WELL_KNOWN:
            return dict(_WELL_KNOWN[message])
        if (message, sent) not in self._asked:
            self._asked[message, sent] = None
            for field in self._contracts.messages[message].field:
                self.value(field, sent=sent)
        return {"$ref": f"#/components/schemas/{_Ref(message, sent)}"}

    def components(self) -> Json:
        """All schemas that were referred to, by their names."""
        return {self._name(name, sent): self.message(name, sent=sent) for name, sent in self._asked}

    def named(self, document: Any) -> Any:
        """The document with the names in its references."""
        if isinstance(document, dict):
            return {
                key: self._resolved(value) if key == "$ref" else self.named(value)
                for key, value in document.items()
            }
        return [self.named(each) for each in document] if isinstance(document, list) else document

    def _resolved(self, reference: str) -> str:
        path, _, last = reference.rpartition("/")
        found = _Ref.parsed(last)
        return f"{path}/{self._name(*found)}" if found else reference

    def _name(self, message: str, sent: bool) -> str:
        short = message.rpartition(".")[2]
        alike = {name for name, _ in self._asked if name.rpartition(".")[2] == short}
        if len(alike) > 1:
            short = message.split(".")[1].capitalize() + short
        return f"{short}{INPUT}" if sent and (message, False) in self._asked else short

    def message(self, name: str, *, sent: bool, without: Collection[str] = ()) -> Json:
        """The schema of a message but for the fields that come in another way."""
        declared = self._contracts.messages[name]
        fields = [each for each in declared.field if each.name not in without]
        schema: Json = {"type": "object"}
        if comment := self._contracts.comments.get(name):
            schema["description"] = comment
        properties = {
            camel(each.name): self.field(name, each, sent=sent)
            for each in fields
            if sent is False or not _has(each, behavior.OUTPUT_ONLY)
        }
        if properties:
            schema["properties"] = properties
        required = [camel(each.name) for each in fields if _is_required(each, sent=sent)]
        if required:
            schema["required"] = required
        if sent and (either := _required_choices(declared)):
            # Said so, it is a bound; as `oneOf` generators of clients would give up the types.
            *others, last = either
            schema["if"] = {"not": {"anyOf": [{"required": [each]} for each in others]}}
            schema["then"] = {"required": [last]}
        return schema

    def field(self, message: str, field: Field, *, sent: bool) -> Json:
        """The schema of a field, with what is said of it."""
        schema = self.value(field, sent=sent)
        comment = self._contracts.comments.get(f"{message}.{field.name}", "")
        if field.HasField("oneof_index") and not field.proto3_optional:
            declared = self._contracts.messages[message]
            alone = [camel(each.name) for each in _choices(declared, field.oneof_index)]
            if len(alone) > 1:
                comment = f"{comment} Only one of {', '.join(alone)}.".strip()
        # Said beside a reference it counts too (JSON Schema 2020-12).
        if comment:
            schema["description"] = comment
        example = example_of(camel(field.name), schema)
        if example is not None and "const" not in schema:
            schema["examples"] = [example]
        return schema

    def value(self, field: Field, *, sent: bool) -> Json:
        """The schema of what a field holds."""
        rules = rules_of(field)
        if field.label != Field.LABEL_REPEATED:
            return self._single(field, rules, sent=sent) | (bounds(rules) if sent else {})
        entry = self._contracts.messages.get(field.type_name.lstrip("."))
        if entry is not None and entry.options.map_entry:
            value = next(each for each in entry.field if each.name == "value")
            return {"type": "object", "additionalProperties": self.value(value, sent=sent)}
        items = self._single(field, rules.repeated.items, sent=sent)
        if not sent:
            return {"type": "array", "items": items}
        return {"type": "array", "items": items | item_bounds(rules), **bounds(rules)}

    def _single(self, field: Field, rules: Any, *, sent: bool) -> Json:
        name = field.type_name.lstrip(".")
        if field.type == Field.TYPE_MESSAGE:
            return self.ref(name, sent=sent)
        if field.type == Field.TYPE_ENUM:
            return self._enum(name, rules, sent=sent)
        return dict(_SCALARS[field.type])

    def _enum(self, name: str, rules: Any, *, sent: bool) -> Json:
        values = self._contracts.enums[name].value
        chosen = chosen_numbers(rules) if sent else []
        names = [
            each.name
            for each in values
            if (not chosen or each.number in chosen)
            and not (sent and each.number == 0 and refuses_zero(rules))
        ]
        return {"type": "string", "enum": names}

    def sample(self, schema: Mapping[str, Any], *, name: str = "") -> Any:
        """An example of what a schema asks for: what is required, and no more."""
        if "$ref" in schema:
            found = _Ref.parsed(schema["$ref"].rpartition("/")[2])
            assert found is not None
            return self.sample(self.message(found[0], sent=found[1]))
        if "examples" in schema:
            return schema["examples"][0]
        if schema.get("type") == "object":
            properties = schema.get("properties", {})
            wanted = [*schema.get("required", ())]
            if others := schema.get("if"):
                wanted += others["not"]["anyOf"][0]["required"]
            return {each: self.sample(properties[each], name=each) for each in wanted}
        if schema.get("type") == "array":
            return [self.sample(schema["items"], name=name)]
        example = example_of(name, schema)
        return example if example is not None else _ANY.get(schema.get("type", ""), "text")


_ANY: Mapping[str, Any] = {"integer": 1, "number": 1.5, "boolean": True, "string": "text"}


class _Ref:
    """What stands for the name of a schema until all are known, since names must differ."""

    def __init__(self, message: str, sent: bool) -> None:
        self._text = f"{message}?{'sent' if sent else 'received'}"

    def __str__(self) -> str:
        return self._text

    @staticmethod
    def parsed(text: str) -> tuple[str, bool] | None:
        message, mark, kind = text.partition("?")
        return (message, kind == "sent") if mark else None


def _has(field: Field, wanted: int) -> bool:
    return wanted in field.options.Extensions[behavior.field_behavior]


def _is_required(field: Field, *, sent: bool) -> bool:
    if sent:
        return _has(field, behavior.REQUIRED)
    # The transcoder writes all that has no presence (always_print_primitive_fields).
    if field.label == Field.LABEL_REPEATED:
        return True
    return field.type != Field.TYPE_MESSAGE and not field.HasField("oneof_index")


def _required_choices(declared: DescriptorProto) -> list[str]:
    """The fields of which one must be there; the first such choice, more has no message."""
    for index, oneof in enumerate(declared.oneof_decl):
        if oneof.options.Extensions[validate.oneof].required:
            return [camel(each.name) for each in _choices(declared, index)]
    return []


def _choices(declared: DescriptorProto, index: int) -> list[Field]:
    return [
        each
        for each in declared.field
        if each.HasField("oneof_index") and each.oneof_index == index
    ]


__all__ = ["INPUT", "Schemas", "in_json"]
