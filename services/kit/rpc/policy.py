"""The policy of every RPC, read from the options in its descriptor."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from google.api import annotations_pb2
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor import Descriptor, MethodDescriptor, ServiceDescriptor
from google.protobuf.descriptor_pb2 import MethodOptions
from google.protobuf.message import Message

from services.kit.identity.roles import role_name
from stellr.options.v1 import options_pb2 as options
from stellr.options.v1 import shared_limits_pb2 as shared

ETAG = "etag"
# In a path template whose special characters are escaped.
_VARIABLE = re.compile(r"\\\{(\w+)\\\}")


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `per_minute` calls for each value of the key."""

    name: str
    key: int
    field: str
    until: str
    per_minute: int


@dataclass(frozen=True, slots=True)
class MethodPolicy:
    """What an RPC declares about itself; `method` is "/package.Service/Method"."""

    method: str
    access: int
    roles: frozenset[str]
    callers: frozenset[str]
    owner_field: str
    limits: tuple[Limit, ...]
    reads_only: bool
    asked_by_get: bool
    while_deleted: bool
    keeps_reply: bool
    reply: type[Message]
    streams_request: bool
    streams_reply: bool
    # Where a request names the state that is to be changed; empty where none does.
    etag_path: tuple[str, ...] = ()
    # The field that the body of an HTTP request is; empty where the body is the whole request.
    body_field: str = ""
    # Its HTTP paths in which fields stand, with a group of the name of each.
    paths: tuple[re.Pattern[str], ...] = ()


def policies(services: Iterable[str]) -> Mapping[str, MethodPolicy]:
    """The policies of all methods of the services (full names), by "/package.Service/Method".

    LookupError names a method that declares none, or counts by a limit that nobody declares: such
    a service must not start.
    """
    pool: Any = descriptor_pool.Default()
    found: dict[str, MethodPolicy] = {}
    for name in services:
        for method in pool.FindServiceByName(name).methods:
            path = f"/{name}/{method.name}"
            found[path] = _policy(path, method)
    return found


def _policy(path: str, method: MethodDescriptor) -> MethodPolicy:
    own: Any = method.GetOptions()
    declared = own.Extensions[options.policy]
    if declared.access == options.ACCESS_UNSPECIFIED:
        raise LookupError(f"{method.full_name} declares no access policy")
    if declared.access != options.ACCESS_INTERNAL and not declared.limits:
        raise LookupError(f"{method.full_name} declares no rate limit")
    shape: Any = method
    streams = shape.client_streaming or shape.server_streaming
    # What is repeatable needs no Idempotency-Key, and a read shall not be answered with the past.
    repeatable = own.idempotency_level != MethodOptions.IDEMPOTENCY_UNKNOWN
    body = own.Extensions[annotations_pb2.http].body
    return MethodPolicy(
        method=path,
        access=declared.access,
        roles=frozenset(map(role_name, declared.roles)),
        callers=frozenset(declared.callers),
        owner_field=declared.owner_field,
        limits=tuple(_limits(method, declared.limits)),
        reads_only=own.idempotency_level == MethodOptions.NO_SIDE_EFFECTS,
        asked_by_get=bool(own.Extensions[annotations_pb2.http].get),
        while_deleted=declared.while_deleted,
        keeps_reply=not (repeatable or declared.secret_reply or streams),
        reply=message_factory.GetMessageClass(method.output_type),
        streams_request=shape.client_streaming,
        streams_reply=shape.server_streaming,
        etag_path=_etag_path(method, body),
        body_field=body.removeprefix("*"),
        paths=tuple(_paths(own.Extensions[annotations_pb2.http])),
    )


def _paths(rule: Any) -> Iterator[re.Pattern[str]]:
    for each in (rule, *rule.additional_bindings):
        template = re.escape(getattr(each, each.WhichOneof("pattern") or "get"))
        expression, fields = _VARIABLE.subn(r"(?P<\1>[^/]+)", template)
        if fields:
            yield re.compile(expression)


def _etag_path(method: MethodDescriptor, body: str) -> tuple[str, ...]:
    """The request's own etag, or that of the resource in its body (AIP-154); what is created has no
    state yet."""
    request: Descriptor = method.input_type
    if method.name.startswith("Create"):
        return ()
    if ETAG in request.fields_by_name:
        return (ETAG,)
    field = request.fields_by_name.get(body)
    inside = field.message_type if field else None
    return (body, ETAG) if inside and ETAG in inside.fields_by_name else ()


def _limits(method: MethodDescriptor, names: Iterable[str]) -> Iterator[Limit]:
    """The limits of these names, as the method's service or the shared limits declare them."""
    declared = limits_of(method.containing_service)
    for name in names:
        if name not in declared:
            raise LookupError(f"{method.full_name} counts by {name!r}, which is not declared")
        yield declared[name]


def limits_of(service: ServiceDescriptor) -> Mapping[str, Limit]:
    """The limits that methods of the service may count by, by their names."""
    own: Any = service.GetOptions()
    file: Any = shared.DESCRIPTOR.GetOptions()
    declared = (*file.Extensions[options.shared_rate_limit], *own.Extensions[options.rate_limit])
    return {
        limit.name: Limit(limit.name, limit.key, limit.field, limit.until, limit.per_minute)
        for limit in declared
    }
