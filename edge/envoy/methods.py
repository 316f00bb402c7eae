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

from stellr.options.v1 import options_pb2

# A variable of a path template, with or without a pattern of its own (google/api/http.proto).
VARIABLE = re.compile(r"\{[^}=]+(=\*\*)?[^}]*\}")


@dataclass(frozen=True)
class Method:
    """One RPC: the full name of its service, its own, and what its contract says of it."""

    service: str
    name: str
    # Every HTTP method and path template (google.api.http).
    rules: tuple[tuple[str, str], ...]
    # NO_SIDE_EFFECTS or IDEMPOTENT: it may be asked again, however far it came before.
    repeatable: bool
    # It is answered by a stream.
    streams: bool
    # It is asked by a stream: what is uploaded goes through, and is not held.
    uploads: bool = False
    # People and scripts open it by its address alone, to which they add what they like.
    is_open: bool = False
    # Its HTTP paths go to the HTTP server of its service, and are not transcoded.
    over_http: bool = False
    # The same of requests to them that bring a file.
    files_over_http: bool = False
    # The answer is a token or a code.
    secret: bool = False
    # Anyone may call it.
    is_public: bool = False

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


@dataclass(frozen=True)
class KnownPath:
    """A path of the RPCs as a regular expression (RE2), and its HTTP methods."""

    expression: str
    verbs: frozenset[str]
    # Unknown query parameters are ignored.
    is_open: bool
    # How many paths of the RPCs match it.
    matches: int


def known_paths(methods: Collection[Method]) -> list[KnownPath]:
    """Every path of the RPCs.

    A path that others match as well comes before them, with its own methods alone: /media/uploads
    before /media/{media_id}, /courses/{course}:publish before /courses/{course}.
    """
    verbs: dict[str, set[str]] = {}
    for method in methods:
        for verb, template in method.rules:
            verbs.setdefault(template, set()).add(verb)
    opened = {template for each in methods if each.is_open for _, template in each.rules}
    found = [
        KnownPath(
            expression=expression(path),
            verbs=frozenset(verbs[path]),
            is_open=path in opened,
            matches=sum(bool(re.fullmatch(expression(other), path)) for other in verbs),
        )
        for path in verbs
    ]
    return sorted(found, key=lambda path: (-path.matches, path.expression))


def enum_names(descriptors: FileDescriptorSet) -> dict[str, list[str]]:
    """The values of the academy's enums by their full names, but for the one that says nothing."""
    return {
        f"{file.package}.{enum.name}": [value.name for value in enum.value if value.number]
        for file in descriptors.file
        if file.package.startswith("stellr.")
        for enum in file.enum_type
    }


def body_fields(descriptors: FileDescriptorSet) -> list[str]:
    """The fields that the body of an HTTP request may be, as JSON has their names."""
    every = (method for file in descriptors.file for each in file.service for method in each.method)
    bodies = {method.options.Extensions[annotations_pb2.http].body for method in every}
    return sorted(bodies - {"", "*"})


def expression(template: str) -> str:
    """The regular expression of a path template: a variable is one segment, `**` any number.

    A slash at the end changes nothing, as it changes nothing to the transcoder.
    """
    return VARIABLE.sub(_any, template.replace(".", r"\.")) + "/?"


def _any(variable: re.Match[str]) -> str:
    return ".+" if variable.group(1) else "[^/]+"


def _all(descriptors: FileDescriptorSet) -> Iterator[Method]:
    empty = frozenset(_without_fields(descriptors))
    for file in descriptors.file:
        for service in file.service:
            for method in service.method:
                yield _method(f"{file.package}.{service.name}", method, empty)


def _without_fields(descriptors: FileDescriptorSet) -> Iterator[str]:
    for file in descriptors.file:
        for message in file.message_type:
            if not message.field:
                yield f".{file.package}.{message.name}"


def _method(service: str, method: MethodDescriptorProto, empty: Collection[str]) -> Method:
    policy = method.options.Extensions[options_pb2.policy]
    return Method(
        service=service,
        name=method.name,
        rules=tuple(_rules(method)),
        repeatable=method.options.idempotency_level != MethodOptions.IDEMPOTENCY_UNKNOWN,
        streams=method.server_streaming,
        uploads=method.client_streaming and not method.server_streaming,
        is_open=_is_open(method, empty),
        over_http=method.options.Extensions[options_pb2.over_http],
        files_over_http=method.options.Extensions[options_pb2.files_over_http],
        secret=policy.secret_reply,
        is_public=policy.access == options_pb2.ACCESS_PUBLIC,
    )


def _is_open(method: MethodDescriptorProto, empty: Collection[str]) -> bool:
    # A page or a file; or what is there for everyone and takes nothing at all, as health does.
    policy = method.options.Extensions[options_pb2.policy]
    for_all = policy.access == options_pb2.ACCESS_PUBLIC and method.input_type in empty
    return method.output_type == ".google.api.HttpBody" or for_all


def _rules(method: MethodDescriptorProto) -> Iterator[tuple[str, str]]:
    first = method.options.Extensions[annotations_pb2.http]
    for rule in (first, *first.additional_bindings):
        kind = rule.WhichOneof("pattern")
        if kind:
            yield kind.upper(), getattr(rule, kind)
