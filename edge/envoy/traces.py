"""Traces of the public door, sent by OTLP over gRPC; only where a collector is set."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from edge.envoy.clusters import endpoint

Json = dict[str, Any]

COLLECTOR = "otlp"
_PROTOCOL = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
# Envoy tells these of every request. An address is its person's, and queries hold signatures and
# tokens: a tag of the same name takes their place.
_UNTOLD = ("http.url", "peer.address", "user_agent")

_METHOD = "%REQ(X-ENVOY-ORIGINAL-METHOD?:METHOD)%"


def collector(address: str) -> Json:
    """The cluster of the collector at http://host:port."""
    parts = urlsplit(address)
    assert parts.hostname is not None
    assert parts.port is not None
    at = {"endpoint": {"address": endpoint(parts.hostname, parts.port)}}
    return {
        "name": COLLECTOR,
        "type": "STRICT_DNS",
        "connect_timeout": "1s",
        "load_assignment": {"cluster_name": COLLECTOR, "endpoints": [{"lb_endpoints": [at]}]},
        "typed_extension_protocol_options": {
            _PROTOCOL: {
                "@type": f"type.googleapis.com/{_PROTOCOL}",
                "explicit_http_config": {"http2_protocol_options": {}},
            }
        },
    }


def tracing(ratio: float) -> Json:
    """What the connection manager is told: how many of the requests that bring no trace are
    recorded; those that bring one are as that says."""
    return {
        "provider": {
            "name": "envoy.tracers.opentelemetry",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig",
                "grpc_service": {"envoy_grpc": {"cluster_name": COLLECTOR}, "timeout": "5s"},
                "service_name": "envoy",
            },
        },
        "random_sampling": {"value": 100 * ratio},
        # Nobody has a trace recorded by x-client-trace-id.
        "client_sampling": {"value": 0},
        "operation": f"{_METHOD} %ROUTE_NAME%",
        "custom_tags": [
            *({"tag": tag, "literal": {"value": "-"}} for tag in _UNTOLD),
            # What the transcoder made of it is told beside that.
            {"tag": "http.request.method", "value": _METHOD},
            {"tag": "url.path", "value": "%PATH(NQ:ORIG_OR_PATH)%"},
        ],
    }
