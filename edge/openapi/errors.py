"""The one shape of all errors, the catalogue of reasons, and which of them an operation names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from google.rpc import code_pb2

from edge.openapi.reasons import HTTP, reasons
from services.kit.errors import DOMAIN

Json = dict[str, Any]

# What one service of the mesh tells another.
INTERNAL = frozenset({"UNSPECIFIED", "SERVICE_IDENTITY_REQUIRED", "CALLER_NOT_ALLOWED"})
_TOKEN = re.compile(r"\b([A-Z][A-Z_]*[A-Z])\b(?: \((?:HTTP )?(\d{3})\))?")
_TYPES = "type.googleapis.com/google.rpc."
_ERROR = {"$ref": "#/components/schemas/Error"}


class Reason(NamedTuple):
    """A reason, the code and the HTTP status that it comes with, and what it says."""

    name: str
    code: str
    status: int
    text: str


def known_reasons() -> dict[str, Reason]:
    """The reasons that callers from outside hear, by their names, in the order of the contract."""
    return {
        each.reason: Reason(each.reason, each.code, each.http_status, each.text)
        for each in reasons()
        if each.reason not in INTERNAL
    }


class Refusal(NamedTuple):
    """That an operation may answer with a status, and for what reasons, as far as it names them."""

    status: int
    code: str
    reason: Reason | None


def refusals(comment: str, known: Mapping[str, Reason]) -> Iterator[Refusal]:
    """What a comment names: "NOT_FOUND, reason COURSE_NOT_FOUND"."""
    code, said = "", 0
    for token in _TOKEN.finditer(comment):
        name, status = token[1], int(token[2] or 0)
        if name in HTTP:
            code, said = name, status
            yield Refusal(said or HTTP[code], code, None)
        elif name in known:
            reason = known[name]
            told = said or (reason.status if code in ("", reason.code) else HTTP[code])
            yield Refusal(told, code or reason.code, reason)


def response(status: int, named: list[Reason]) -> Json:
    """What an operation says of a status: the reasons that it names, each with its sentence."""
    found = _response(TITLES[status], [f"- `{each.name}`: {each.text}" for each in named], named)
    if headers := _HEADERS.get(status):
        found["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in headers}
    return found


def general_response(title: str, named: list[Reason]) -> Json:
    """The same for several statuses."""
    lines = [f"- {each.status}, `{each.name}`: {each.text}" for each in named]
    return _response(title, lines, named)


def _response(title: str, lines: list[str], named: list[Reason]) -> Json:
    content: Json = {"schema": _ERROR}
    if named:
        content["example"] = example(named[0])
    description = "\n".join([f"{title}:", *lines]) if lines else f"{title}."
    return {"description": description, "content": {"application/json": content}}


TITLES: Mapping[int, str] = {
    400: "The request is wrong, or the state of things refuses it",
    401: "Nobody is signed in, or the credentials are no good",
    403: "The caller may not do this",
    404: "It does not exist, or the caller may not see it",
    408: "The request came too slowly",
    409: "It collides with what is there, or with what somebody else does at this moment",
    412: "The precondition of the request does not hold",
    413: "The body is too large",
    415: "The body is compressed, or of a type that is not taken",
    416: "The file has no such bytes",
    429: "Too many requests, or too much",
    499: "The caller went away",
    500: "Something went wrong on our side",
    501: "The call is not taken in this form",
    503: "A part of the academy is away: try again",
    504: "The time was over",
}
_HEADERS: Mapping[int, tuple[str, ...]] = {
    401: ("WWW-Authenticate",),
    429: ("Retry-After",),
    503: ("Retry-After",),
}


def example(reason: Reason) -> Json:
    """An error as it is answered."""
    info = {"@type": f"{_TYPES}ErrorInfo", "reason": reason.name, "domain": DOMAIN, "metadata": {}}
    sentence = reason.text.partition(".")[0]
    details: list[Json] = [info]
    if reason.name == "INVALID_FIELDS":
        wrong = {"field": "displayName", "description": "must have at most 100 characters"}
        details.append({"@type": f"{_TYPES}BadRequest", "fieldViolations": [wrong]})
    return {"code": code_pb2.Code.Value(reason.code), "message": sentence, "details": details}


def schemas(known: Mapping[str, Reason]) -> Json:
    """The schemas of errors: google.rpc.Status as JSON, and the details that it comes with."""
    return {
        "Error": {
            "type": "object",
            "description": "Every error, whoever answers: google.rpc.Status (AIP-193).",
            "required": ["code", "message", "details"],
            "properties": {
                "code": {
                    "type": "integer",
                    "format": "int32",
                    "description": "The number of the gRPC code; the HTTP status follows from it.",
                    "examples": [5],
                },
                "message": {
                    "type": "string",
                    "description": "For people. It may change: programs go by `reason` and `code`.",
                },
                "details": {
                    "type": "array",
                    "description": "One ErrorInfo with the reason; with invalid fields a"
                    " BadRequest; where trying again helps a RetryInfo.",
                    "items": {"$ref": "#/components/schemas/ErrorDetail"},
                },
            },
        },
        "ErrorDetail": {
            "type": "object",
            "description": "Its `@type` says which of the others are there: ErrorInfo (reason,"
            " domain, metadata), BadRequest (fieldViolations), RetryInfo (retryDelay).",
            "required": ["@type"],
            "properties": {
                "@type": {"type": "string", "examples": [f"{_TYPES}ErrorInfo"]},
                "reason": {"$ref": "#/components/schemas/ErrorReason"},
                "domain": {"type": "string", "examples": [DOMAIN]},
                "metadata": {"type": "object", "additionalProperties": {"type": "string"}},
                "fieldViolations": {
                    "type": "array",
                    "items": {"$ref": "#/components/schemas/FieldViolation"},
                },
                "retryDelay": {"type": "string", "description": "Seconds.", "examples": ["1s"]},
            },
        },
        "FieldViolation": {
            "type": "object",
            "required": ["field", "description"],
            "properties": {
                "field": {
                    "type": "string",
                    "description": "Its path in JSON.",
                    "examples": ["answers[0].optionIds"],
                },
                "description": {"type": "string", "examples": ["must be a UUID"]},
            },
        },
        "ErrorReason": {
            "type": "string",
            "description": "Why, for programs. Reasons may be added: who does not know one goes by"
            " the code. All of them are listed at [/docs/errors](/docs/errors).",
            "examples": list(known),
        },
    }
