"""Prepares the directory Envoy runs in from the one `envoy.yaml` of the project.

What depends on where the stack runs is written here: the ports, the addresses of the services,
and the paths of the contracts, for an honest 405 where a known path meets another method.
"""

import http.client
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from google.api import annotations_pb2
from google.protobuf.descriptor_pb2 import FileDescriptorSet, MethodDescriptorProto

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "envoy.yaml"
DESCRIPTORS = ROOT / "protos" / "gen" / "stellr.binpb"
CONTAINER_CLUSTERS = Path(__file__).with_name("clusters.compose.yaml")
LOOPBACK = "127.0.0.1"
# A variable of a path template, with or without a pattern of its own (google/api/http.proto).
VARIABLE = re.compile(r"\{[^}=]+(=\*\*)?[^}]*\}")

Json = dict[str, Any]


@dataclass(frozen=True)
class Ports:
    """Where Envoy listens on the loopback address."""

    public: int
    operations: int
    admin: int


def write(folder: Path, ports: Ports, targets: Mapping[str, Sequence[str]]) -> None:
    """Write envoy.yaml, clusters.yaml and stellr.binpb for a run on this machine.

    `targets` are the host:port of every process by service. Raises OSError where the descriptor
    set was not built.
    """
    descriptors = DESCRIPTORS.read_bytes()
    config = with_known_paths(load(), FileDescriptorSet.FromString(descriptors))
    _write_yaml(folder / "envoy.yaml", with_ports(config, ports))
    _write_yaml(folder / "clusters.yaml", clusters(targets))
    (folder / DESCRIPTORS.name).write_bytes(descriptors)


def write_container(folder: Path) -> None:
    """Write the same three files for a container: ports as in envoy.yaml, services by DNS name."""
    descriptors = DESCRIPTORS.read_bytes()
    config = with_known_paths(load(), FileDescriptorSet.FromString(descriptors))
    _write_yaml(folder / "envoy.yaml", config)
    (folder / "clusters.yaml").write_bytes(CONTAINER_CLUSTERS.read_bytes())
    (folder / DESCRIPTORS.name).write_bytes(descriptors)


def container_clusters(services: Sequence[str]) -> str:
    """The text of clusters.compose.yaml: every service under its own name, port 50051."""
    targets = {name: [f"{name}:50051"] for name in services}
    return yaml.safe_dump(clusters(targets, "STRICT_DNS"), sort_keys=False, width=100)


def load() -> Json:
    """The project's envoy.yaml, or the file that STELLR_ENVOY names in its place."""
    source = Path(os.environ.get("STELLR_ENVOY", SOURCE))
    config: Json = yaml.safe_load(source.read_text())
    return config


def with_ports(config: Json, ports: Ports) -> Json:
    """Bind the listeners and the admin interface to `ports` of the loopback address."""
    chosen = {"public": ports.public, "operations": ports.operations}
    for listener in config["static_resources"]["listeners"]:
        listener["address"] = _endpoint(LOOPBACK, chosen[listener["name"]])
    config["admin"]["address"] = _endpoint(LOOPBACK, ports.admin)
    return config


def with_known_paths(config: Json, descriptors: FileDescriptorSet) -> Json:
    """Answer 405 with `Allow` (RFC 9110, 15.5.6) where a path is known but not the method.

    A request that fits a contract never gets there: it carries its gRPC path by then.
    """
    manager = connection_manager(config, "public")
    routes = manager["route_config"]["virtual_hosts"][0]["routes"]
    routes[-1:-1] = _known_path_routes(known_paths(descriptors, public_services(config)))
    return config


def connection_manager(config: Json, listener: str) -> Json:
    """The HTTP connection manager of a listener of envoy.yaml. Raises KeyError for another name."""
    listeners = {entry["name"]: entry for entry in config["static_resources"]["listeners"]}
    manager: Json = listeners[listener]["filter_chains"][0]["filters"][0]["typed_config"]
    return manager


def public_services(config: Json, listener: str = "public") -> list[str]:
    """The full names of the gRPC services that a listener transcodes."""
    for http_filter in connection_manager(config, listener)["http_filters"]:
        if http_filter["name"] == "envoy.filters.http.grpc_json_transcoder":
            names: list[str] = http_filter["typed_config"]["services"]
            return names
    return []


def known_paths(
    descriptors: FileDescriptorSet, services: Sequence[str]
) -> dict[str, frozenset[str]]:
    """The HTTP methods of every path of the services, as regular expressions (RE2)."""
    found: dict[str, set[str]] = {}
    for file in descriptors.file:
        for service in file.service:
            if f"{file.package}.{service.name}" in services:
                for method in service.method:
                    for verb, path in http_rules(method):
                        found.setdefault(expression(path), set()).add(verb)
    return {path: frozenset(verbs) for path, verbs in found.items()}


def expression(template: str) -> str:
    """The regular expression of a path template: a variable is one segment, `**` any number."""
    return VARIABLE.sub(_any, template.replace(".", r"\."))


def http_rules(method: MethodDescriptorProto) -> list[tuple[str, str]]:
    """Every HTTP method and path template of an RPC (google.api.http)."""
    rule = method.options.Extensions[annotations_pb2.http]
    rules = [rule, *rule.additional_bindings]
    kinds = [(kind, getattr(r, kind)) for r in rules if (kind := r.WhichOneof("pattern"))]
    return [(kind.upper(), path) for kind, path in kinds]


def clusters(targets: Mapping[str, Sequence[str]], discovery: str = "STATIC") -> Json:
    """The clusters of all services as a CDS file (envoy.service.discovery.v3.DiscoveryResponse)."""
    return {"resources": [_cluster(name, targets[name], discovery) for name in targets]}


def active_requests(admin_port: int) -> int:
    """How many public requests Envoy is working on; 0 where Envoy does not answer."""
    name = "http.public.downstream_rq_active"
    connection = http.client.HTTPConnection(LOOPBACK, admin_port, timeout=1)
    try:
        connection.request("GET", f"/stats?format=json&filter=^{name}$")
        stats = json.loads(connection.getresponse().read())["stats"]
    except (OSError, http.client.HTTPException, ValueError, KeyError):
        return 0
    finally:
        connection.close()
    return sum(int(stat["value"]) for stat in stats)


def _any(variable: re.Match[str]) -> str:
    return ".+" if variable.group(1) else "[^/]+"


def _known_path_routes(paths: Mapping[str, frozenset[str]]) -> list[Json]:
    # One route for each set of methods, so that a request meets few expressions.
    by_methods: dict[str, list[str]] = {}
    for path, methods in sorted(paths.items()):
        by_methods.setdefault(", ".join(sorted(methods)), []).append(path)
    return [_not_allowed(allow, expressions) for allow, expressions in by_methods.items()]


def _not_allowed(allow: str, expressions: Sequence[str]) -> Json:
    return {
        "name": "method-not-allowed",
        "match": {"safe_regex": {"regex": "|".join(expressions)}},
        "direct_response": {"status": 405},
        "response_headers_to_add": [{"header": {"key": "allow", "value": allow}}],
    }


def _cluster(name: str, addresses: Sequence[str], discovery: str) -> Json:
    options = "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
    return {
        "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster",
        "name": name,
        "type": discovery,
        "connect_timeout": "1s",
        "per_connection_buffer_limit_bytes": 1048576,
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{"lb_endpoints": [_lb_endpoint(address) for address in addresses]}],
        },
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": options,
                "explicit_http_config": {"http2_protocol_options": dict(_HTTP2)},
            }
        },
        "circuit_breakers": {"thresholds": [_LIMITS]},
        "health_checks": [_HEALTH_CHECK],
    }


# gRPC remembers a header it could not parse in the connection's compression table, and from then on
# fails every call with a header of that name. All callers share the connections to a service, so
# there is no such table: what one caller sends spoils nothing for another.
_HTTP2: Json = {"max_concurrent_streams": 100, "hpack_table_size": 0}
# A retry storm is bounded by the budget: at most a fifth of the requests in flight.
_LIMITS: Json = {
    "max_connections": 128,
    "max_pending_requests": 1024,
    "max_requests": 2048,
    "retry_budget": {"budget_percent": {"value": 20.0}, "min_retry_concurrency": 5},
}
_HEALTH_CHECK: Json = {
    "timeout": "1s",
    "interval": "1s",
    "no_traffic_interval": "1s",
    "unhealthy_threshold": 2,
    "healthy_threshold": 1,
    "grpc_health_check": {},
}


def _lb_endpoint(address: str) -> Json:
    host, _, port = address.rpartition(":")
    return {"endpoint": {"address": _endpoint(host, int(port))}}


def _endpoint(host: str, port: int) -> Json:
    return {"socket_address": {"address": host, "port_value": port}}


def _write_yaml(path: Path, content: Json) -> None:
    path.write_text(yaml.safe_dump(content, sort_keys=False, width=100))
