"""Which pages of other origins may call, and read what they are answered (the Fetch standard).

The same headers for every answer: Envoy's own filter for CORS would leave them out where Envoy
itself answers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from edge.envoy.settings import ANY_ORIGIN, DoorSettings

Json = dict[str, Any]

# What a page may read beside what every page may (the Fetch standard, 2.2.2).
EXPOSED = (
    "accept-ranges",
    "allow",
    "content-disposition",
    "content-range",
    "etag",
    "location",
    "retry-after",
    "www-authenticate",
    "x-request-id",
)
EXPOSED_TO_GRPC_WEB = ("grpc-status", "grpc-message", "grpc-status-details-bin", *EXPOSED)
PREFLIGHT = "preflight"


def cors_mutations(door: DoorSettings) -> list[Json]:
    """What is added to every answer."""
    if ANY_ORIGIN in door.cors_origins:
        return [_set("access-control-allow-origin", ANY_ORIGIN), *_exposed("true")]
    allowed = _allowed(door.cors_origins)
    origin = _formatted(f"{allowed} ? request.headers['origin'] : ''")
    # What is for everybody says so itself (edge/envoy/routes.py).
    mutations = [_set("access-control-allow-origin", origin, "ADD_IF_ABSENT"), *_exposed(allowed)]
    if door.cors_credentials:
        value = _formatted(f"{allowed} ? 'true' : ''")
        mutations.append(_set("access-control-allow-credentials", value))
    # A cache must not give the answer to another origin.
    return [*mutations, _set("vary", "Origin", "APPEND_IF_EXISTS_OR_ADD")]


def allow_preflight(route: Json, door: DoorSettings) -> None:
    """Have the route of preflights answer those origins alone."""
    if ANY_ORIGIN not in door.cors_origins:
        is_allowed = {"safe_regex": {"regex": expression(door.cors_origins)}}
        route["match"]["headers"].append({"name": "origin", "string_match": is_allowed})


def expression(origins: Sequence[str]) -> str:
    """The regular expression (RE2) of origins, of which `*` may be a port or a host's beginning."""
    return "|".join(map(_expression, origins)) or "-"


def _expression(origin: str) -> str:
    escaped = re.escape(origin).replace(r"/", "/")
    any_port = escaped.replace(r":\*", "(:[0-9]+)?")
    return any_port.replace(r"\*\.", r"([a-z0-9-]+\.)+")


def _allowed(origins: Sequence[str]) -> str:
    matches = f"request.headers['origin'].matches(r'^({expression(origins)})$')"
    return f"('origin' in request.headers && {matches})"


def _exposed(condition: str) -> list[Json]:
    kind = "response.headers['content-type'].startsWith('application/grpc')"
    is_grpc = f"('content-type' in response.headers && {kind})"
    names, more = ", ".join(EXPOSED), ", ".join(EXPOSED_TO_GRPC_WEB)
    value = f"{condition} ? ({is_grpc} ? '{more}' : '{names}') : ''"
    return [_set("access-control-expose-headers", _formatted(value))]


def _formatted(expression: str) -> str:
    return f"%CEL({expression})%"


def _set(name: str, value: str, action: str = "OVERWRITE_IF_EXISTS_OR_ADD") -> Json:
    return {"append": {"append_action": action, "header": {"key": name, "value": value}}}
