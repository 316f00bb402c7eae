"""The catalogue of all reasons of errors, as the contracts have it: data for documentation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from google.rpc import code_pb2

from edge.envoy.render import contracts
from services.kit.errors import PREFIX

FILE = "stellr/errors/v1/reason.proto"
# As the transcoder and the HTTP servers have it; what is said of a reason in parentheses wins.
HTTP: Mapping[str, int] = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ABORTED": 409,
    "ALREADY_EXISTS": 409,
    "OUT_OF_RANGE": 416,
    "RESOURCE_EXHAUSTED": 429,
    "CANCELLED": 499,
    "INTERNAL": 500,
    "UNIMPLEMENTED": 501,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}
_COMMENT = re.compile(r"([A-Z_]+)(?: \(HTTP (\d{3})\))?: (.*)", re.DOTALL)
# Descriptor paths: an enum of a file, a value of an enum; a service of a file, a method of it.
_ENUM, _VALUE, _SERVICE, _METHOD = 5, 2, 6, 2
_INTERNAL = "InternalService"


@dataclass(frozen=True)
class ReasonEntry:
    """One reason: how programs know it, and what it says to people."""

    # As in google.rpc.ErrorInfo.
    reason: str
    # The name of its google.rpc.Code, and the number, which is `code` in JSON.
    code: str
    code_number: int
    # The HTTP status that goes with it.
    http_status: int
    # What happened, as the rest of a sentence; and what to do about it.
    text: str
    # The public RPCs whose documentation names it, as stellr.quiz.v1.QuizService/SubmitQuiz; for a
    # reason that any call may be refused with, none.
    methods: tuple[str, ...]

    @property
    def description(self) -> str:
        """The text, as it stands by itself."""
        return self.text[0].upper() + self.text[1:]


@cache
def reasons() -> tuple[ReasonEntry, ...]:
    """All reasons in the order of their contract. Raises OSError where contracts were not built."""
    descriptors = contracts()
    named = _named(descriptors)
    file = next(each for each in descriptors.file if each.name == FILE)
    comments = dict(_comments(file))
    (enum,) = file.enum_type
    return tuple(
        _entry(value.name.removeprefix(PREFIX), comments[_ENUM, 0, _VALUE, index], named)
        for index, value in enumerate(enum.value)
        if value.number
    )


def _entry(name: str, comment: str, named: dict[str, tuple[str, ...]]) -> ReasonEntry:
    found = _COMMENT.fullmatch(comment)
    if not found:
        raise ValueError(f"the comment of {name} does not begin with its code: {comment}")
    code, status, text = found.groups()
    return ReasonEntry(
        reason=name,
        code=code,
        code_number=code_pb2.Code.Value(code),
        http_status=int(status or HTTP[code]),
        text=text,
        methods=named.get(name, ()),
    )


def _named(descriptors: FileDescriptorSet) -> dict[str, tuple[str, ...]]:
    """The public RPCs by the reasons that their comments name, or those of their services."""
    found: dict[str, list[str]] = {}
    for file in descriptors.file:
        comments = dict(_comments(file))
        for number, service in enumerate(file.service):
            if service.name.endswith(_INTERNAL):
                continue
            shared = comments.get((_SERVICE, number), "")
            for index, method in enumerate(service.method):
                said = comments.get((_SERVICE, number, _METHOD, index), "")
                for name in _reasons_in(f"{shared}\n{said}"):
                    path = f"{file.package}.{service.name}/{method.name}"
                    found.setdefault(name, []).append(path)
    return {name: tuple(methods) for name, methods in found.items()}


def _reasons_in(text: str) -> set[str]:
    return set(re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", text))


def _comments(file: FileDescriptorProto) -> Iterator[tuple[tuple[int, ...], str]]:
    for location in file.source_code_info.location:
        if location.leading_comments:
            yield tuple(location.path), " ".join(location.leading_comments.split())
