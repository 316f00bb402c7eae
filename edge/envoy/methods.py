"""The RPCs of the contracts as the public door sees them."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from google.api import annotations_pb2
from google.protobuf.descriptor_pb2 import (
    FileDescriptorSet,
    MethodDescriptorProto,
    MethodOptions,
)

# A variable of a path template, with or without a pattern of its own (google/api/http.proto).
VARIABLE = re.compile(r"\{[^}=]+(=\*\*)?[^}]*\}")


@dataclass(frozen=True)
class Method:
    """One RPC: the full name of its service, its own, and what its contract says of it."""

    service: str
    name: str
    # Every HTTP method and path template (google.api.http).
    rules: tuple[tuple[str, str], ...]
    # NO_SIDE_EFFECTS: it may be asked again, however far it came before.
    reads: bool
    # It is answered by a stream.
    streams: bool

    @property
    def path(self) -> str:
        """The path of the RPC in gRPC."""
        return f"/{self.service}/{self.name}"

    @property
    def domain(self) -> str:
        """The service whose processes answer: `course` for stellr.course.v1.CourseService."""
        return self.service.split(".")[1]


def methods_of(descriptors: FileDescriptorSet, services: Collection[str]) -> list[Method]:
    """The RPCs of services by their full names, in the order of the contracts."""
    return [method for method in _all(descriptors) if method.service in services]


def services_with_http(descriptors: FileDescriptorSet) -> set[str]:
    """The full names of the services that have a path in REST."""
    return {method.service for method in _all(descriptors) if method.rules}


def known_paths(methods: Collection[Method]) -> dict[str, frozenset[str]]:
    """The HTTP methods of every path of the RPCs, the paths as regular expressions (RE2)."""
    found: dict[str, set[str]] = {}
    for method in methods:
        for verb, template in method.rules:
            found.setdefault(expression(template), set()).add(verb)
    return {path: frozenset(verbs) for path, verbs in found.items()}


def expression(template: str) -> str:
    """The regular expression of a path template: a variable is one segment, `**` any number."""
    return VARIABLE.sub(_any, template.replace(".", r"\."))


def _any(variable: re.Match[str]) -> str:
    return ".+" if variable.group(1) else "[^/]+"


def _all(descriptors: FileDescriptorSet) -> Iterator[Method]:
    for file in descriptors.file:
        for service in file.service:
            for method in service.method:
                yield _method(f"{file.package}.{service.name}", method)


def _method(service: str, method: MethodDescriptorProto) -> Method:
    return Method(
        service=service,
        name=method.name,
        rules=tuple(_rules(method)),
        reads=method.options.idempotency_level == MethodOptions.NO_SIDE_EFFECTS,
        streams=method.server_streaming,
    )


def _rules(method: MethodDescriptorProto) -> Iterator[tuple[str, str]]:
    first = method.options.Extensions[annotations_pb2.http]
    for rule in (first, *first.additional_bindings):
        kind = rule.WhichOneof("pattern")
        if kind:
            yield kind.upper(), getattr(rule, kind)
