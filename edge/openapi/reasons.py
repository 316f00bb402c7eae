"""The catalogue of all reasons of errors, as the contracts have it: data for documentation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from google.rpc import code_pb2

from edge.envoy.render import contracts
from edge.openapi.contracts import Contracts
from services.kit.errors import PREFIX

ENUM = "stellr.errors.v1.Reason"
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
_NAME = re.compile(r"\b[A-Z]+(?:_[A-Z]+)+\b")
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
    known = Contracts.of(contracts())
    named = _named(known)
    return tuple(
        _entry(value.name.removeprefix(PREFIX), known.comments[f"{ENUM}.{value.name}"], named)
        for value in known.enums[ENUM].value
        if value.number
    )


def _entry(name: str, comment: str, named: Mapping[str, list[str]]) -> ReasonEntry:
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
        methods=tuple(named.get(name, ())),
    )


def _named(known: Contracts) -> dict[str, list[str]]:
    """The public RPCs by the reasons that their comments name, or those of their services."""
    found: dict[str, list[str]] = {}
    for rpc in known.rpcs:
        if rpc.service.endswith(_INTERNAL):
            continue
        shared = known.comments.get(rpc.service, "")
        for name in set(_NAME.findall(f"{shared}\n{rpc.comment}")):
            found.setdefault(name, []).append(f"{rpc.service}/{rpc.declared.name}")
    return found
