"""Envoy's own metrics, and whether it runs, where others ask: its admin interface stays on its
machine."""

from __future__ import annotations

from typing import Any

from edge.envoy.clusters import endpoint
from services.kit.http.paths import ALIVE

Json = dict[str, Any]

# The path alone: whatever else the admin interface can do, as to stop Envoy, is not here.
PORT = 9902
PATH = "/stats/prometheus"
_CLUSTER = "envoy_admin"
_HTTP = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3"
_ROUTER = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"


def with_stats(config: Json) -> Json:
    """Add a listener that answers with Envoy's metrics, and at ALIVE for as long as Envoy runs."""
    resources = config["static_resources"]
    resources["listeners"].append(_listener())
    resources["clusters"] = [*resources.get("clusters", []), _cluster(config["admin"]["address"])]
    return config


def _listener() -> Json:
    routes = [
        {
            "match": {
                "path": PATH,
                "headers": [{"name": ":method", "string_match": {"exact": "GET"}}],
            },
            "route": {"cluster": _CLUSTER},
        },
        {"match": {"path": ALIVE}, "direct_response": {"status": 200}},
    ]
    manager = {
        "@type": f"{_HTTP}.HttpConnectionManager",
        "stat_prefix": "stats",
        "normalize_path": True,
        "request_timeout": "10s",
        "http_filters": [{"name": "envoy.filters.http.router", "typed_config": {"@type": _ROUTER}}],
        "route_config": {
            "name": "stats",
            "virtual_hosts": [{"name": "stats", "domains": ["*"], "routes": routes}],
        },
    }
    name = "envoy.filters.network.http_connection_manager"
    return {
        "name": "stats",
        "address": endpoint("0.0.0.0", PORT),  # noqa: S104  in a container, on its own network
        # An Envoy that has as much as it takes is neither dead nor unseen.
        "ignore_global_conn_limit": True,
        "bypass_overload_manager": True,
        "filter_chains": [{"filters": [{"name": name, "typed_config": manager}]}],
    }


def _cluster(admin: Json) -> Json:
    found = [{"endpoint": {"address": admin}}]
    return {
        "name": _CLUSTER,
        "type": "STATIC",
        "connect_timeout": "1s",
        "load_assignment": {"cluster_name": _CLUSTER, "endpoints": [{"lb_endpoints": found}]},
    }
