"""RPCs as operations: what is sent, what comes back, who may, how often, and what may go wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from google.api import annotations_pb2
from google.api import field_behavior_pb2 as behavior
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, MethodOptions

from edge.openapi.contracts import Contracts, Rpc, camel
from edge.openapi.errors import Reason, refusals, response
from edge.openapi.schemas import Schemas
from services.kit.identity.roles import role_name
from stellr.options.v1 import options_pb2 as options
from stellr.options.v1 import shared_limits_pb2 as shared

Json = dict[str, Any]

BODY = "google.api.HttpBody"
_VARIABLE = re.compile(r"\{([a-z0-9_.]+)(?:=[^}]*)?\}")
_MEDIA_TYPE = re.compile(r"\b(?:application|text|image|video)/[a-z0-9.+-]*[a-z0-9]")
_REPEATED_FIELD = FieldDescriptorProto.LABEL_REPEATED
_BEARER: Json = {"bearer": []}
ROLES: Mapping[str, str] = {"author": "authors", "admin": "administrators", "learner": "learners"}
BINARY: Json = {"type": "string", "format": "binary"}


class Rule(NamedTuple):
    """One HTTP method and path of an RPC, and the field that the body fills: "*" for all."""

    verb: str
    path: str
    body: str


class Operations:
    """Makes the operations of RPCs; `schemas` collects what they refer to."""

    def __init__(self, contracts: Contracts, schemas: Schemas, known: Mapping[str, Reason]) -> None:
        self._contracts = contracts
        self._schemas = schemas
        self._known = known

    def of(self, rpc: Rpc) -> Iterator[tuple[str, str, Json]]:
        """The path, the verb and the operation for each HTTP rule of an RPC."""
        first, *others = rules(rpc)
        main = self._operation(rpc, first)
        yield openapi_path(first.path), first.verb, main
        for number, rule in enumerate(others, start=2):
            operation = self._operation(rpc, rule)
            operation["operationId"] += str(number)
            same = f"The same as `{first.verb.upper()} {openapi_path(first.path)}`."
            operation["description"] = f"{same}\n\n{operation['description']}"
            yield openapi_path(rule.path), rule.verb, operation

    def _operation(self, rpc: Rpc, rule: Rule) -> Json:
        policy = rpc.declared.options.Extensions[options.policy]
        limits = list(self._limits(rpc, policy.limits))
        summary, text = _split(self._linked(rpc))
        notes = [text, _who(policy), _how_often(limits), _warnings(rpc, policy)]
        operation: Json = {
            "operationId": rpc.declared.name[0].lower() + rpc.declared.name[1:],
            "tags": [tag(rpc.service)],
            "summary": summary,
            "description": "\n\n".join(filter(None, notes)),
            "security": security(policy.access),
        }
        parameters = [*self._parameters(rpc, rule), *self._headers(rpc, rule)]
        if parameters:
            operation["parameters"] = parameters
        if rule.body:
            operation["requestBody"] = self._body(rpc, rule)
        operation["responses"] = self._responses(rpc, rule)
        operation["x-rate-limits"] = limits
        return operation

    def _linked(self, rpc: Rpc) -> str:
        """The comment of an RPC; other RPCs it names are told by their HTTP paths."""
        return re.sub(r"\b[A-Z][a-z]+(?:[A-Z][a-z]+)+\b", self._address, rpc.comment)

    def _address(self, found: re.Match[str]) -> str:
        named = next(
            (each for each in self._contracts.rpcs if each.declared.name == found[0]), None
        )
        first = next(iter(rules(named)), None) if named else None
        return f"`{first.verb.upper()} {openapi_path(first.path)}`" if first else found[0]

    # What is sent

    def _parameters(self, rpc: Rpc, rule: Rule) -> Iterator[Json]:
        name = rpc.declared.input_type.lstrip(".")
        in_path = path_fields(rule.path)
        owner = rpc.declared.options.Extensions[options.policy].owner_field
        for field in self._contracts.messages[name].field:
            if field.name in in_path:
                found = self._parameter(name, field, "path")
                yield found | ({"example": "me"} if field.name == owner else {})
        if rule.body == "*":
            return
        for field in self._contracts.messages[name].field:
            if field.name not in (*in_path, rule.body):
                yield self._parameter(name, field, "query")

    def _parameter(self, message: str, field: FieldDescriptorProto, place: str) -> Json:
        schema = self._schemas.field(message, field, sent=True)
        found: Json = {"name": camel(field.name), "in": place}
        if description := schema.pop("description", ""):
            found["description"] = description
        required = behavior.REQUIRED in field.options.Extensions[behavior.field_behavior]
        if place == "path" or required:
            found["required"] = True
        if found.get("required"):
            found["example"] = self._schemas.sample(schema, name=camel(field.name))
        # Pages on which calls are tried fill in what has one: nothing that narrows a list.
        schema.pop("examples", None)
        if place == "path" and schema.get("type") == "string":
            schema.setdefault("minLength", 1)
        return found | {"schema": schema}

    def _headers(self, rpc: Rpc, rule: Rule) -> Iterator[Json]:
        own = rpc.declared.options
        over_http = own.Extensions[options.over_http]
        if not over_http:
            yield _parameter_ref("Prefer")
        policy = own.Extensions[options.policy]
        repeatable = own.idempotency_level != MethodOptions.IDEMPOTENCY_UNKNOWN
        streams = rpc.declared.client_streaming or rpc.declared.server_streaming
        if not (repeatable or policy.secret_reply or streams or rule.verb == "get"):
            yield _parameter_ref("Idempotency-Key")
        if rule.verb == "get" and (over_http or _has_etag(rpc)):
            yield _parameter_ref("If-None-Match")
        if rule.verb == "get" and _has_ranges(rpc):
            yield _parameter_ref("Range")

    def _body(self, rpc: Rpc, rule: Rule) -> Json:
        name = rpc.declared.input_type.lstrip(".")
        declared = self._contracts.messages[name]
        if rule.body != "*":
            field = next(each for each in declared.field if each.name == rule.body)
            filled = field.type_name.lstrip(".")
            if filled == BODY:
                # A page is what comes back.
                sent = rpc.comment.replace("text/html", "")
                return {"required": True, "content": _files(sent)}
            schema = self._schemas.ref(filled, sent=True)
            whole = self._schemas.message(filled, sent=True)
        else:
            whole = self._schemas.message(name, sent=True, without=path_fields(rule.path))
            schema = whole
        content = {"application/json": {"schema": schema, "example": self._sample(whole)}}
        if rpc.declared.options.Extensions[options.files_over_http]:
            content |= _forms(whole)
        found: Json = {"content": content}
        # An empty body is an empty object.
        return found | ({"required": True} if whole.keys() & {"required", "if"} else {})

    def _sample(self, schema: Json) -> Any:
        sample = self._schemas.sample(schema)
        if sample:
            return sample
        # Nothing must be there: the things that it is about, or else one field that is changed.
        fields = schema.get("properties", {})
        things = [name for name, each in fields.items() if "$ref" in each.get("items", {})]
        changed = [name for name, each in fields.items() if "examples" in each]
        return {name: self._schemas.sample(fields[name]) for name in [*things, *changed][:1]}

    # What comes back

    def _responses(self, rpc: Rpc, rule: Rule) -> Json:
        found: Json = {"200": self._answer(rpc)}
        if rule.verb == "get" and (
            rpc.declared.options.Extensions[options.over_http] or _has_etag(rpc)
        ):
            found["304"] = {"description": "It is as `If-None-Match` says: no body."}
        if rule.verb == "get" and _has_ranges(rpc):
            part: Json = {"*/*": {"schema": {}}}
            found["206"] = {"description": "The bytes of `Range`.", "content": part}
        if "a redirect" in rpc.comment:
            found["302"] = {
                "description": "Where a cloud keeps the files: the signed URL there.",
                "headers": {"Location": {"schema": {"type": "string", "format": "uri"}}},
            }
        if names_status(rpc, 404) and self._is_page(rpc):
            found["404"] = {"description": "The page says so.", "content": {"text/html": {}}}
        for status, named in sorted(self._refused(rpc, rule).items()):
            found.setdefault(str(status), response(status, named))
        rest = {"4XX": "Refused", "5XX": "Failed"}
        return found | {key: {"$ref": f"#/components/responses/{rest[key]}"} for key in rest}

    def _answer(self, rpc: Rpc) -> Json:
        output = rpc.declared.output_type.lstrip(".")
        headers = {"X-Request-Id": {"$ref": "#/components/headers/X-Request-Id"}}
        if _has_etag(rpc) or rpc.declared.options.Extensions[options.over_http]:
            headers["ETag"] = {"$ref": "#/components/headers/ETag"}
        answer: Json = {"description": "Done.", "headers": headers}
        if output == BODY:
            return answer | {"content": _files(rpc.comment)}
        message = self._schemas.ref(output, sent=False)
        if rpc.declared.server_streaming:
            return answer | {"content": {"text/event-stream": {"schema": _event(message)}}}
        return answer | {"content": {"application/json": {"schema": message}}}

    def _is_page(self, rpc: Rpc) -> bool:
        return "text/html" in rpc.comment

    def _refused(self, rpc: Rpc, rule: Rule) -> dict[int, list[Reason]]:
        found: dict[int, dict[str, Reason]] = {}
        for each in refusals(rpc.comment, self._known):
            of_status = found.setdefault(each.status, {})
            if each.reason:
                of_status[each.reason.name] = each.reason
        for name in self._usual(rpc, rule):
            reason = self._known[name]
            found.setdefault(reason.status, {})[name] = reason
        return {status: list(named.values()) for status, named in found.items()}

    def _usual(self, rpc: Rpc, rule: Rule) -> Iterator[str]:
        """The reasons that follow from the contract, without being named."""
        policy = rpc.declared.options.Extensions[options.policy]
        if self._contracts.messages[rpc.declared.input_type.lstrip(".")].field:
            yield from ("INVALID_FIELDS", "REQUEST_MALFORMED")
        if policy.access != options.ACCESS_PUBLIC:
            if policy.access != options.ACCESS_OPTIONAL:
                yield "SIGN_IN_REQUIRED"
            yield from ("TOKEN_INVALID", "TOKEN_EXPIRED", "TOKEN_STALE", "SESSION_ENDED")
            if not policy.while_deleted:
                yield "ACCOUNT_DELETED"
        if policy.access == options.ACCESS_ROLE:
            yield "ROLE_REQUIRED"
        if policy.access == options.ACCESS_OWN:
            yield "NOT_FOUND"
        if _parameter_ref("Idempotency-Key") in self._headers(rpc, rule):
            yield "IDEMPOTENCY_KEY_REUSED"
        if policy.limits:
            yield "RATE_LIMITED"

    def _limits(self, rpc: Rpc, names: Iterable[str]) -> Iterator[Json]:
        service = self._contracts.services[rpc.service]
        declared = [
            *shared.DESCRIPTOR.GetOptions().Extensions[options.shared_rate_limit],
            *service.options.Extensions[options.rate_limit],
        ]
        by_name = {each.name: each for each in declared}
        for name in names:
            limit = by_name[name]
            yield {"name": name, "callsPerMinute": limit.per_minute, "of": _counted(limit)}


def rules(rpc: Rpc) -> list[Rule]:
    """The HTTP rules of an RPC, its main one first."""
    first = rpc.declared.options.Extensions[annotations_pb2.http]
    found = []
    for rule in (first, *first.additional_bindings):
        if kind := rule.WhichOneof("pattern"):
            found.append(Rule(kind, getattr(rule, kind), rule.body))
    return found


def openapi_path(template: str) -> str:
    """A path template as OpenAPI has it, with the names that the variables have in JSON."""
    return _VARIABLE.sub(lambda found: f"{{{camel(found[1])}}}", template)


def path_fields(template: str) -> list[str]:
    """The fields of a request that stand in its path."""
    return _VARIABLE.findall(template)


def tag(service: str) -> str:
    """What the operations of a service stand under."""
    return service.rpartition(".")[2].removesuffix("Service")


def security(access: int) -> list[Json]:
    """Whether a token is needed, or may be sent."""
    if access == options.ACCESS_PUBLIC:
        return []
    return [{}, _BEARER] if access == options.ACCESS_OPTIONAL else [_BEARER]


def names_status(rpc: Rpc, status: int) -> bool:
    """Whether the comment of an RPC names an HTTP status."""
    return f"status {status}" in rpc.comment


def _split(text: str) -> tuple[str, str]:
    """The first sentence, and everything."""
    first = re.split(r"(?<=[a-z0-9`)\]])[.:;](?:\s|$)", text.partition("\n")[0], maxsplit=1)[0]
    # The errors and types that stand in it have their own place.
    return re.sub(r" \((?:[A-Z_]+, reason [^)]*|text/html)\)", "", first).rstrip("."), text


_WHO: Mapping[int, Callable[[str], str]] = {
    options.ACCESS_PUBLIC: lambda _: "Anyone",
    options.ACCESS_OPTIONAL: lambda _: "Anyone; who sends a token is known by it",
    options.ACCESS_SIGNED_IN: lambda _: "Whoever is signed in",
    options.ACCESS_OWN: lambda roles: f"The person; of others, {roles}",
    options.ACCESS_ROLE: lambda roles: roles.capitalize(),
}


def _who(policy: Any) -> str:
    roles = " and ".join(ROLES[role_name(each)] for each in policy.roles)
    return f"**Who:** {_WHO[policy.access](roles)}."


def _how_often(limits: list[Json]) -> str:
    told = [f"{each['callsPerMinute']:,} calls a minute {each['of']}" for each in limits]
    return f"**How often:** {'; '.join(told)}." if told else ""


def _warnings(rpc: Rpc, policy: Any) -> str:
    if policy.secret_reply and rpc.declared.options.Extensions[annotations_pb2.http].post:
        return "No Idempotency-Key is taken: what is answered is kept nowhere."
    return ""


def _counted(limit: Any) -> str:
    words = {
        options.RateLimit.KEY_ADDRESS: "from an address",
        options.RateLimit.KEY_PERSON: "of a person",
        options.RateLimit.KEY_HANDLER: "for an account",
    }
    return words.get(limit.key) or f"with the same `{camel(limit.field)}`"


def _has_etag(rpc: Rpc) -> bool:
    return "If-None-Match" in rpc.comment


def _has_ranges(rpc: Rpc) -> bool:
    # A part of a JSON text would be none; nobody needs it.
    over_http: bool = rpc.declared.options.Extensions[options.over_http]
    return over_http and "application/json" not in rpc.comment


def _parameter_ref(name: str) -> Json:
    return {"$ref": f"#/components/parameters/{name}"}


def _event(message: Json) -> Json:
    """A server-sent event with a message as its data, as OpenAPI 3.2 describes them."""
    data = {"type": "string", "contentMediaType": "application/json", "contentSchema": message}
    return {"type": "object", "required": ["data"], "properties": {"data": data}}


def _files(comment: str) -> Json:
    """Content of the media types that a comment names, or of any."""
    types = list(dict.fromkeys(_MEDIA_TYPE.findall(comment)))
    if not types and "a zip or a gzipped tar" in comment:
        types = ["application/zip", "application/gzip"]
    return {each: {"schema": _content(each)} for each in types or ["*/*"]}


def _content(media_type: str) -> Json:
    if media_type == "application/json":
        return {"type": "object", "additionalProperties": True}
    is_text = media_type.startswith("text/") or media_type.endswith(("jwt", "json"))
    return {"type": "string"} if is_text else dict(BINARY)


def _forms(whole: Json) -> Json:
    """A file in the body, as it is or in a form (services/media/content/upload_server.py)."""
    beside = ("lessonId", "title", "fileName", "mimeType")
    texts = {name: whole["properties"][name] for name in beside if name in whole["properties"]}
    texts.setdefault("fileName", {"type": "string", "description": "Default: the file's own."})
    form = {"type": "object", "properties": {**texts, "file": dict(BINARY)}, "required": ["file"]}
    return {"multipart/form-data": {"schema": form}, "*/*": {"schema": dict(BINARY)}}
