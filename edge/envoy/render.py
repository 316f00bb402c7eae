"""Prepares the directory Envoy runs in from the one `envoy.yaml` of the project.

What depends on where the stack runs is written here: the ports and the addresses of the services;
and what follows from the contracts: a route for each RPC, and for each path of theirs.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from edge.envoy.clusters import MeshFiles, clusters, endpoint
from edge.envoy.cors import PREFLIGHT, allow_preflight, cors_mutations
from edge.envoy.methods import body_fields, enum_names, methods_of
from edge.envoy.replies import local_replies
from edge.envoy.routes import TRANSCODER, http_routes, known_path_routes, rpc_routes
from edge.envoy.settings import DoorSettings
from edge.envoy.stats import with_stats
from edge.envoy.tls import LISTENER as PUBLIC_TLS
from edge.envoy.tls import SECRET_FILE, secret, secret_by_name, with_tls
from edge.envoy.traces import collector, tracing
from edge.registry import SERVICES
from services.kit.pages import look
from stellr.options.v1 import options_pb2

SOURCE = Path(__file__).with_name("envoy.yaml")
# In the package of the stubs.
DESCRIPTORS = Path(options_pb2.__file__).parents[2] / "stellr.binpb"
# Of a service in a container; its streams have the next one, HTTP the one after that.
CONTAINER_PORT = 50051
LOOPBACK = "127.0.0.1"
DOOR, PAGES = (Path(__file__).with_name(name) for name in ("door.lua", "pages.lua"))
# In door.lua.
NO_ENUMS = "local ENUMS = {}"
NO_BODIES = "local BODIES = {}"
# In pages.lua.
NO_PAGE = 'local PAGE, POLICY = "", ""'
TEMPLATES = Path(__file__).with_name("templates")
HEADERS = "envoy.filters.http.header_mutation"

Json = dict[str, Any]


@dataclass(frozen=True)
class Ports:
    """Where Envoy listens: all but the public listener (`host`) on the loopback address."""

    public: int
    operations: int
    admin: int
    host: str = LOOPBACK


def write(
    folder: Path,
    ports: Ports,
    targets: Mapping[str, Sequence[str]],
    door: DoorSettings | None = None,
) -> None:
    """Write all that Envoy reads for a run on this machine.

    `targets` are the host:port of every process by service. Raises OSError where the descriptor
    set was not built, pydantic.ValidationError where a setting is not valid.
    """
    door = door or DoorSettings()
    _write(folder, with_ports(config(door), ports), clusters(targets, over_http()))
    if door.has_tls:
        write_certificate(folder, door)


def write_container(folder: Path) -> None:
    """Write the same for a container: ports as in envoy.yaml, services by DNS name.

    A service listens where STELLR_TARGET_<NAME> says, by default where its name is known.
    """
    door = DoorSettings()
    targets = {name: _target(name).split(",") for name in SERVICES}
    _write(
        folder,
        with_stats(config(door)),
        clusters(targets, over_http(), "STRICT_DNS", _mesh_files(door)),
    )
    if door.has_tls:
        (folder / SECRET_FILE).write_text(_text(secret_by_name(door)))


def _target(name: str) -> str:
    own = os.environ.get(f"STELLR_TARGET_{name.upper()}") or f"{name}:{CONTAINER_PORT}"
    return own.removeprefix("dns:///")


def _mesh_files(door: DoorSettings) -> MeshFiles | None:
    certificate, key, authority = door.mesh_files
    return MeshFiles(certificate, key, authority) if certificate and key and authority else None


def write_certificate(folder: Path, door: DoorSettings) -> None:
    """Write certificate and key for Envoy, which takes them at once. Raises OSError."""
    unfinished = folder / f".{SECRET_FILE}"
    unfinished.touch(mode=0o600)
    unfinished.write_text(_text(secret(door)))
    unfinished.replace(folder / SECRET_FILE)


def config(door: DoorSettings | None = None) -> Json:
    """The whole configuration: what is written by hand, what is set, and what follows from the
    contracts."""
    door = door or DoorSettings()
    made = with_cors(with_replies(with_routes(load(door.envoy or SOURCE), contracts())), door)
    made = with_trusted_hops(made, door)
    if door.otlp_endpoint:
        made = with_traces(made, door)
    return with_tls(made, door) if door.has_tls else made


def contracts() -> FileDescriptorSet:
    """The contracts. Raises OSError where they were not built."""
    return FileDescriptorSet.FromString(DESCRIPTORS.read_bytes())


def over_http() -> frozenset[str]:
    """The services that answer some of their RPCs over HTTP."""
    descriptors = contracts()
    every = {f"{file.package}.{each.name}" for file in descriptors.file for each in file.service}
    return frozenset(
        each.domain
        for each in methods_of(descriptors, every)
        if each.over_http or each.files_over_http
    )


def load(source: Path = SOURCE) -> Json:
    """The configuration that is written by hand."""
    config: Json = yaml.safe_load(source.read_text())
    return config


def with_ports(config: Json, ports: Ports) -> Json:
    """Bind the listeners and the admin interface to `ports`."""
    chosen = {"public": ports.public, "operations": ports.operations}
    for listener in config["static_resources"]["listeners"]:
        name = listener["name"]
        port = chosen.get(name, listener["address"]["socket_address"]["port_value"])
        host = ports.host if name in ("public", PUBLIC_TLS) else LOOPBACK
        listener["address"] = endpoint(host, port)
    config["admin"]["address"] = endpoint(LOOPBACK, ports.admin)
    return config


def with_routes(config: Json, descriptors: FileDescriptorSet) -> Json:
    """Add the routes of the contracts to every listener, before its last route."""
    for listener in ("public", "operations"):
        methods = methods_of(descriptors, transcoded_services(config, listener))
        strict = _transcoder(config, listener)
        lenient = {key: strict[key] for key in strict if key != "request_validation_options"}
        lenient["ignore_unknown_query_parameters"] = True
        routes = [
            *http_routes(methods),
            # What is for operators is for no page of others, though it asks for no token.
            *rpc_routes(methods, for_any_origin=listener == "public"),
            *known_path_routes(methods, lenient),
        ]
        routes_of(config, listener)[-1:-1] = routes
    return config


def with_replies(config: Json) -> Json:
    """Have every listener answer by itself as services do."""
    for listener in ("public", "operations"):
        _connection_manager(config, listener)["local_reply_config"] = local_replies()
    return config


def with_cors(config: Json, door: DoorSettings) -> Json:
    """Let the pages of the origins that are set call, and read what they are answered."""
    filters = _connection_manager(config, "public")["http_filters"]
    mutations = _named(filters, HEADERS)["typed_config"]["mutations"]["response_mutations"]
    mutations[:0] = cors_mutations(door)
    allow_preflight(_named(routes_of(config, "public"), PREFLIGHT), door)
    return config


def with_traces(config: Json, door: DoorSettings) -> Json:
    """Have the public listener begin traces, or go on with those of browsers, and record them."""
    resources = config["static_resources"]
    resources["clusters"] = [*resources.get("clusters", ()), collector(door.otlp_endpoint)]
    manager = _connection_manager(config, "public")
    manager["tracing"] = tracing(door.trace_ratio)
    manager["access_log"][0]["typed_config"]["log_format"]["json_format"]["trace_id"] = "%TRACE_ID%"
    return config


def with_trusted_hops(config: Json, door: DoorSettings) -> Json:
    """Take the learner's address from the proxies that stand before the door: of the addresses in
    X-Forwarded-For the one that the first of them saw, counted from the last, which nobody but they
    wrote. Operators come directly."""
    _connection_manager(config, "public")["xff_num_trusted_hops"] = door.trusted_hops
    return config


def routes_of(config: Json, listener: str) -> list[Json]:
    """The routes of a listener of envoy.yaml. Raises KeyError for another name."""
    hosts = _connection_manager(config, listener)["route_config"]["virtual_hosts"]
    routes: list[Json] = hosts[0]["routes"]
    return routes


def transcoded_services(config: Json, listener: str) -> list[str]:
    """The full names of the gRPC services that a listener offers."""
    names: list[str] = _transcoder(config, listener)["services"]
    return names


def _transcoder(config: Json, listener: str) -> Json:
    filters = _connection_manager(config, listener)["http_filters"]
    found: Json = _named(filters, TRANSCODER)["typed_config"]
    return found


def _named(entries: Sequence[Json], name: str) -> Json:
    return next(each for each in entries if each.get("name") == name)


def _connection_manager(config: Json, listener: str) -> Json:
    listeners = {entry["name"]: entry for entry in config["static_resources"]["listeners"]}
    manager: Json = listeners[listener]["filter_chains"][0]["filters"][0]["typed_config"]
    return manager


def _write(folder: Path, config: Json, clusters: Json) -> None:
    for name, content in (("envoy.yaml", config), ("clusters.yaml", clusters)):
        (folder / name).write_text(_text(content))
    descriptors = contracts()
    (folder / DOOR.name).write_text(_with_names(DOOR.read_text(), descriptors))
    (folder / PAGES.name).write_text(_with_page(PAGES.read_text()))
    (folder / DESCRIPTORS.name).write_bytes(_without_comments(descriptors))


def _with_names(script: str, descriptors: FileDescriptorSet) -> str:
    """The script, with the names that each enum may have in JSON, and those of bodies."""
    lines = [
        f'  ["{name}"] = "{", ".join(names)}",' for name, names in enum_names(descriptors).items()
    ]
    bodies = ", ".join(f"{name} = true" for name in body_fields(descriptors))
    script = script.replace(NO_BODIES, f"local BODIES = {{ {bodies} }}", 1)
    return script.replace(NO_ENUMS, "\n".join(["local ENUMS = {", *lines, "}"]), 1)


def _with_page(script: str) -> str:
    """The script, with the page of errors as a text of Lua."""
    page = look.templates(TEMPLATES).get_template("error.html").render()
    policy = look.content_security_policy()
    return script.replace(NO_PAGE, f'local PAGE, POLICY = [==[{page}]==], "{policy}"', 1)


def _text(content: Json) -> str:
    return yaml.dump(content, Dumper=_Plain, sort_keys=False, width=100)


def _without_comments(descriptors: FileDescriptorSet) -> bytes:
    # They are two thirds of it, and Envoy keeps it several times.
    for file in descriptors.file:
        file.ClearField("source_code_info")
    return descriptors.SerializeToString()


class _Plain(yaml.SafeDumper):
    """Writes what is there twice out twice: people read these files."""

    def ignore_aliases(self, data: object) -> bool:
        """Always."""
        return True
