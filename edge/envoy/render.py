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

from edge.envoy.clusters import clusters, endpoint
from edge.envoy.methods import methods_of
from edge.envoy.routes import known_path_routes, rpc_routes
from edge.registry import SERVICES

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "envoy.yaml"
DESCRIPTORS = ROOT / "protos" / "gen" / "stellr.binpb"
# Of a service in a container; its streams have the next one.
CONTAINER_PORT = 50051
LOOPBACK = "127.0.0.1"
TRANSCODER = "envoy.filters.http.grpc_json_transcoder"

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
    _write(folder, with_ports(config(), ports), clusters(targets))


def write_container(folder: Path) -> None:
    """Write the same three files for a container: ports as in envoy.yaml, services by DNS name."""
    targets = {name: [f"{name}:{CONTAINER_PORT}"] for name in SERVICES}
    _write(folder, config(), clusters(targets, "STRICT_DNS"))


def config() -> Json:
    """The whole configuration, with the routes of the contracts."""
    return with_routes(load(), FileDescriptorSet.FromString(DESCRIPTORS.read_bytes()))


def load() -> Json:
    """The project's envoy.yaml, or the file that STELLR_ENVOY names in its place."""
    source = Path(os.environ.get("STELLR_ENVOY", SOURCE))
    config: Json = yaml.safe_load(source.read_text())
    return config


def with_ports(config: Json, ports: Ports) -> Json:
    """Bind the listeners and the admin interface to `ports` of the loopback address."""
    chosen = {"public": ports.public, "operations": ports.operations}
    for listener in config["static_resources"]["listeners"]:
        listener["address"] = endpoint(LOOPBACK, chosen[listener["name"]])
    config["admin"]["address"] = endpoint(LOOPBACK, ports.admin)
    return config


def with_routes(config: Json, descriptors: FileDescriptorSet) -> Json:
    """Add the routes of the contracts to every listener, before its last route."""
    for listener in ("public", "operations"):
        methods = methods_of(descriptors, transcoded_services(config, listener))
        routes_of(config, listener)[-1:-1] = [*rpc_routes(methods), *known_path_routes(methods)]
    return config


def routes_of(config: Json, listener: str) -> list[Json]:
    """The routes of a listener of envoy.yaml. Raises KeyError for another name."""
    hosts = _connection_manager(config, listener)["route_config"]["virtual_hosts"]
    routes: list[Json] = hosts[0]["routes"]
    return routes


def transcoded_services(config: Json, listener: str) -> list[str]:
    """The full names of the gRPC services that a listener offers."""
    filters = _connection_manager(config, listener)["http_filters"]
    transcoder = next(each for each in filters if each["name"] == TRANSCODER)
    names: list[str] = transcoder["typed_config"]["services"]
    return names


def _connection_manager(config: Json, listener: str) -> Json:
    listeners = {entry["name"]: entry for entry in config["static_resources"]["listeners"]}
    manager: Json = listeners[listener]["filter_chains"][0]["filters"][0]["typed_config"]
    return manager


def _write(folder: Path, config: Json, clusters: Json) -> None:
    for name, content in (("envoy.yaml", config), ("clusters.yaml", clusters)):
        text = yaml.dump(content, Dumper=_Plain, sort_keys=False, width=100)
        (folder / name).write_text(text)
    (folder / DESCRIPTORS.name).write_bytes(DESCRIPTORS.read_bytes())


class _Plain(yaml.SafeDumper):
    """Writes what is there twice out twice: people read these files."""

    def ignore_aliases(self, data: object) -> bool:
        """Always."""
        return True
