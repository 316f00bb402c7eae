"""The contracts as the OpenAPI document is made of them: by full names, with their comments."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    MethodDescriptorProto,
    ServiceDescriptorProto,
)

# Where these stand in their parents (descriptor.proto): the paths of comments are made of them.
_MESSAGES, _ENUMS, _SERVICES = 4, 5, 6
_FIELDS, _NESTED, _NESTED_ENUMS, _VALUES, _METHODS = 2, 3, 4, 2, 2
_SNAKE = re.compile(r"\b[a-z][a-z0-9]*(?:_[a-z0-9]+)+\b")
_QUOTED = re.compile(r"`[^`]*`")

Path = tuple[int, ...]


@dataclass(frozen=True)
class Rpc:
    """An RPC, where it belongs and what is said of it."""

    service: str
    declared: MethodDescriptorProto
    comment: str


@dataclass(frozen=True)
class Contracts:
    """Everything by its full name, without a leading dot."""

    messages: Mapping[str, DescriptorProto]
    enums: Mapping[str, EnumDescriptorProto]
    services: Mapping[str, ServiceDescriptorProto]
    comments: Mapping[str, str]
    rpcs: tuple[Rpc, ...]

    @classmethod
    def of(cls, descriptors: FileDescriptorSet) -> Contracts:
        """Index a descriptor set that has its comments (--include_source_info)."""
        messages: dict[str, DescriptorProto] = {}
        enums: dict[str, EnumDescriptorProto] = {}
        services: dict[str, ServiceDescriptorProto] = {}
        comments: dict[str, str] = {}
        for file in descriptors.file:
            texts = {tuple(at.path): at.leading_comments for at in file.source_code_info.location}
            for path, name, each in _walk(file):
                if text := texts.get(path):
                    comments[name] = reflowed(text)
                if isinstance(each, DescriptorProto):
                    messages[name] = each
                elif isinstance(each, EnumDescriptorProto):
                    enums[name] = each
                elif isinstance(each, ServiceDescriptorProto):
                    services[name] = each
        return cls(messages, enums, services, comments, tuple(_rpcs(services, comments)))


def reflowed(comment: str) -> str:
    """A comment as Markdown: paragraphs in a line each, quoted fields as JSON has them."""
    paragraphs = re.split(r"\n\s*\n", comment.strip("\n"))
    lines = (re.sub(r"\s*\n\s*(?!- )", " ", each).strip() for each in paragraphs)
    return _QUOTED.sub(lambda found: in_json(found[0]), "\n\n".join(lines)).strip()


def in_json(text: str) -> str:
    """The names of fields in a text as JSON has them: `lesson_id` is lessonId."""
    return _SNAKE.sub(lambda found: camel(found[0]), text)


def camel(name: str) -> str:
    """The name of a field in JSON."""
    first, *others = name.split("_")
    return first + "".join(each.capitalize() for each in others)


def _rpcs(
    services: Mapping[str, ServiceDescriptorProto], comments: Mapping[str, str]
) -> Iterator[Rpc]:
    for name, service in services.items():
        for method in service.method:
            yield Rpc(name, method, comments.get(f"{name}.{method.name}", ""))


Walked = tuple[Path, str, object]


def _walk(file: FileDescriptorProto) -> Iterator[Walked]:
    yield from _walk_messages((_MESSAGES,), file.package, file.message_type)
    yield from _walk_enums((_ENUMS,), file.package, file.enum_type)
    for number, service in enumerate(file.service):
        path, name = (_SERVICES, number), f"{file.package}.{service.name}"
        yield path, name, service
        for at, method in enumerate(service.method):
            yield (*path, _METHODS, at), f"{name}.{method.name}", method


def _walk_messages(
    path: Path, parent: str, messages: Iterable[DescriptorProto]
) -> Iterator[Walked]:
    for number, message in enumerate(messages):
        own, name = (*path, number), f"{parent}.{message.name}"
        yield own, name, message
        for at, field in enumerate(message.field):
            yield (*own, _FIELDS, at), f"{name}.{field.name}", field
        yield from _walk_messages((*own, _NESTED), name, message.nested_type)
        yield from _walk_enums((*own, _NESTED_ENUMS), name, message.enum_type)


def _walk_enums(path: Path, parent: str, enums: Iterable[EnumDescriptorProto]) -> Iterator[Walked]:
    for number, enum in enumerate(enums):
        own, name = (*path, number), f"{parent}.{enum.name}"
        yield own, name, enum
        for at, value in enumerate(enum.value):
            yield (*own, _VALUES, at), f"{name}.{value.name}", value
