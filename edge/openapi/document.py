"""The OpenAPI 3.1 document of the public door, made from the contracts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from edge.openapi import errors
from edge.openapi.contracts import Contracts
from edge.openapi.operations import Operations, rules, tag
from edge.openapi.schemas import Schemas

Json = dict[str, Any]

DESCRIPTION = Path(__file__).with_name("description.md")
# That of the API, which is that of the contracts (stellr.*.v1) and not of the package: it changes
# with what clients may rely on.
VERSION = "1.0.0"


def document(contracts: Contracts, services: Collection[str]) -> Json:
    """The document of the services by their full names, in that order."""
    known = errors.known_reasons()
    schemas = Schemas(contracts)
    operations = Operations(contracts, schemas, known)
    paths: dict[str, Json] = {}
    for service in services:
        for rpc in contracts.rpcs:
            if rpc.service == service and rules(rpc):
                for path, verb, operation in operations.of(rpc):
                    paths.setdefault(path, {})[verb] = operation
    found = {
        "openapi": "3.1.0",
        "info": {
            "title": "Stellr Academy",
            "version": VERSION,
            "summary": "The REST API of an online academy.",
            "description": DESCRIPTION.read_text(),
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/", "description": "where this document comes from"}],
        "tags": [_tag(contracts, each) for each in services],
        "paths": paths,
        "components": {
            "securitySchemes": {"bearer": BEARER},
            "parameters": PARAMETERS,
            "headers": HEADERS,
            "responses": responses(known),
            "schemas": dict(sorted((schemas.components() | errors.schemas(known)).items())),
        },
        "externalDocs": {"url": "/docs/errors", "description": "All reasons of errors"},
        "x-error-reasons": [each._asdict() for each in known.values()],
    }
    named: Json = schemas.named(found)
    return named


def _tag(contracts: Contracts, service: str) -> Json:
    return {"name": tag(service), "description": contracts.comments.get(service, "")}


BEARER: Json = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": "The `accessToken` of `POST /login`, good for minutes; `POST /token/refresh`"
    " brings the next one.",
}
_TEXT: Json = {"type": "string"}
PARAMETERS: Json = {
    "Idempotency-Key": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "Makes the request repeatable for 24 hours: the same key brings the same"
        " answer again. With another body: 409, `IDEMPOTENCY_KEY_REUSED`.",
        "schema": {**_TEXT, "minLength": 1, "maxLength": 128, "pattern": "^[!-~]+$"},
    },
    "Prefer": {
        "name": "Prefer",
        "in": "header",
        "description": "How many seconds the caller waits (RFC 7240): then 504,"
        " `DEADLINE_EXCEEDED`. By default 15, which is the most, too.",
        "schema": {**_TEXT, "pattern": "^wait=[1-9][0-9]{0,3}$"},
    },
    "If-None-Match": {
        "name": "If-None-Match",
        "in": "header",
        "description": "The `ETag` of what the caller has: 304 while it is the same.",
        "schema": {**_TEXT, "pattern": '^(\\*|(W/)?"[!#-~]*")$'},
    },
    "Range": {
        "name": "Range",
        "in": "header",
        "description": "A part of the file (RFC 9110, 14.2); several at once bring the whole.",
        "schema": {**_TEXT, "pattern": "^bytes=[0-9]{1,9}-[0-9]{0,9}$"},
    },
}
HEADERS: Json = {
    "ETag": {"description": "For `If-None-Match`.", "schema": _TEXT},
    "Retry-After": {"description": "Seconds until trying again may help.", "schema": _TEXT},
    "WWW-Authenticate": {"description": "`Bearer` (RFC 6750).", "schema": _TEXT},
    "X-Request-Id": {"description": "What logs have of this request.", "schema": _TEXT},
}


def responses(known: Mapping[str, errors.Reason]) -> Json:
    """What any operation may answer, beside what it names."""
    refused, failed = (
        [each for each in known.values() if each.name in names]
        for names in (
            ("REQUEST_TOO_SLOW", "BODY_TOO_LARGE", "CONTENT_NOT_SUPPORTED", "HEADERS_TOO_LARGE"),
            ("SERVICE_UNAVAILABLE", "DATABASE_UNAVAILABLE", "DEADLINE_EXCEEDED"),
        )
    )
    return {
        "Refused": errors.general_response("Refused, as by the door itself", refused),
        "Failed": errors.general_response("Failed; trying again may help", failed),
    }
