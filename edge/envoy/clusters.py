"""Where Envoy finds the processes of each service, and what it expects of them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.kit.http.paths import HEALTH
from services.kit.rpc.ports import http_address, stream_address

Json = dict[str, Any]

# gRPC remembers a header it could not parse in the connection's compression table, and from then on
# fails every call with a header of that name. All callers share the connections to a service, so
# there is no such table: what one caller sends spoils nothing for another.
# The windows are those of Envoy's advice for edge proxies. A connection carries only as many
# streams as its window has room for: readers that stop reading never hold up the others on it.
# A process that is gone without a word is noticed by pings; services let them come as often as each
# 10 s (services/kit/rpc/server.py).
_HTTP2: Json = {
    "max_concurrent_streams": 16,
    "hpack_table_size": 0,
    "initial_stream_window_size": 65536,
    "initial_connection_window_size": 1048576,
    "connection_keepalive": {"interval": "30s", "timeout": "10s"},
}
# A retry storm is bounded by the budget. Of two processes one may die, and with it half of the
# requests in flight are to be sent again.
# One process alone takes more than `max_requests` (services/kit/process/settings.py): beyond what
# it takes it refuses health checks too, and would be found away for being busy. Whoever comes
# meanwhile is told 503 and when to come again.
_LIMITS: Json = {
    "max_connections": 128,
    "max_pending_requests": 1000,
    "max_requests": 1000,
    "retry_budget": {"budget_percent": {"value": 50.0}, "min_retry_concurrency": 20},
}
# A process that says NOT_SERVING, or that does not answer for two seconds, gets nothing more, and
# is asked often enough to be found as soon as it is back. Each service is asked in two or three
# places, which is most of what a quiet academy does: asking more often finds who stands still a
# second sooner and costs a fifth more.
_HEALTH_TIMES: Json = {
    "timeout": "2s",
    "interval": "3s",
    "no_traffic_interval": "3s",
    "unhealthy_interval": "0.25s",
    "unhealthy_threshold": 1,
    "healthy_threshold": 1,
}
_HEALTH_CHECK: Json = {**_HEALTH_TIMES, "grpc_health_check": {}}
_HTTP_HEALTH_CHECK: Json = {**_HEALTH_TIMES, "http_health_check": {"path": HEALTH}}
# Each file on its way has a connection of its own, also where its reader stopped reading.
_FILE_LIMITS: Json = {**_LIMITS, "max_connections": 2048, "max_requests": 2048}
# Shorter than the service keeps a connection that nothing is asked on.
_HTTP_IDLE_TIMEOUT = "60s"
# Streams stay open, one for each page that somebody looks at. A process takes as many
# (services/kit/rpc/server.py), and each costs memory alone.
_STREAM_LIMITS: Json = _LIMITS | {"max_connections": 1250, "max_requests": 20_000}
# By default Envoy takes many unhealthy processes for a fault of its own checks and sends to all of
# them. Here a process says it on purpose, when it is about to stop or its database is away, and a
# write sent to it would fail; so that is never done.
_BALANCING: Json = {"healthy_panic_threshold": {"value": 0.0}}


# Replicas that came are found within that time, whatever a name server says of it.
_DNS: Json = {"dns_refresh_rate": "2s", "dns_lookup_family": "V4_PREFERRED"}
_TLS = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3"


@dataclass(frozen=True)
class MeshFiles:
    """What Envoy speaks mTLS to services with, as paths where it runs."""

    certificate: Path
    key: Path
    authority: Path


def clusters(
    targets: Mapping[str, Sequence[str]],
    over_http: Collection[str],
    discovery: str = "STATIC",
    mesh: MeshFiles | None = None,
) -> Json:
    """The clusters of all services as a CDS file (envoy.service.discovery.v3.DiscoveryResponse).

    `targets` are the host:port of every process by service. Each service has a second cluster for
    its streams, which a process serves on the port after its own; those of `over_http` a third,
    for what they answer over HTTP. With `mesh` each must prove to be its service.
    """
    resources = []
    for name, addresses in targets.items():
        made = [_cluster(name, addresses, discovery, _LIMITS)]
        streams = [stream_address(address) for address in addresses]
        made.append(_cluster(f"{name}_streams", streams, discovery, _STREAM_LIMITS))
        if name in over_http:
            files = [http_address(address) for address in addresses]
            made.append(_http_cluster(f"{name}_content", files, discovery))
        resources += [_secured(each, name, mesh) for each in made] if mesh else made
    return {"resources": resources}


def _secured(cluster: Json, service: str, mesh: MeshFiles) -> Json:
    protocol = "http/1.1" if cluster["name"] == f"{service}_content" else "h2"
    pair = {
        "certificate_chain": {"filename": str(mesh.certificate)},
        "private_key": {"filename": str(mesh.key)},
    }
    known = {
        "trusted_ca": {"filename": str(mesh.authority)},
        "match_typed_subject_alt_names": [{"san_type": "DNS", "matcher": {"exact": service}}],
    }
    common = {
        "tls_certificates": [pair],
        "alpn_protocols": [protocol],
        "validation_context": known,
    }
    context = {"@type": f"{_TLS}.UpstreamTlsContext", "sni": service, "common_tls_context": common}
    socket = {"name": "envoy.transport_sockets.tls", "typed_config": context}
    return cluster | {"transport_socket": socket}


def endpoint(host: str, port: int) -> Json:
    """An address as Envoy takes it."""
    return {"socket_address": {"address": host, "port_value": port}}


def _cluster(name: str, addresses: Iterable[str], discovery: str, limits: Json) -> Json:
    return _any_cluster(name, addresses, discovery) | {
        "typed_extension_protocol_options": _protocol(
            {"explicit_http_config": {"http2_protocol_options": _HTTP2}}
        ),
        "circuit_breakers": {"thresholds": [limits]},
        "health_checks": [_HEALTH_CHECK],
    }


def _http_cluster(name: str, addresses: Iterable[str], discovery: str) -> Json:
    return _any_cluster(name, addresses, discovery) | {
        "typed_extension_protocol_options": _protocol(
            {
                "common_http_protocol_options": {"idle_timeout": _HTTP_IDLE_TIMEOUT},
                "explicit_http_config": {"http_protocol_options": {}},
            }
        ),
        "circuit_breakers": {"thresholds": [_FILE_LIMITS]},
        "health_checks": [_HTTP_HEALTH_CHECK],
    }


def _any_cluster(name: str, addresses: Iterable[str], discovery: str) -> Json:
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
        "common_lb_config": _BALANCING,
        **(_DNS if discovery == "STRICT_DNS" else {}),
    }


def _protocol(options: Json) -> Json:
    protocol = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
    return {protocol: {"@type": f"type.googleapis.com/{protocol}", **options}}


def _lb_endpoint(address: str) -> Json:
    host, _, port = address.rpartition(":")
    return {"endpoint": {"address": endpoint(host, int(port))}}
