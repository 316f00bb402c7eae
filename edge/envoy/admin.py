"""What Envoy tells of itself on its admin interface."""

import http.client
import json
from typing import Any

LOOPBACK = "127.0.0.1"
TIMEOUT_SECONDS = 1.0


def active_requests(admin_port: int) -> int:
    """How many public requests Envoy is working on; 0 where Envoy does not answer."""
    name = "http.public.downstream_rq_active"
    stats = _ask(admin_port, f"/stats?format=json&filter=^{name}$").get("stats", [])
    return sum(int(stat["value"]) for stat in stats)


def sends_to(admin_port: int, address: str) -> bool:
    """Whether Envoy sends calls to the process at host:port, as far as its health checks go; False
    where Envoy does not answer or knows no such process."""
    host, _, port = address.rpartition(":")
    clusters = _ask(admin_port, "/clusters?format=json").get("cluster_statuses", [])
    found = [
        each["health_status"]
        for cluster in clusters
        for each in cluster.get("host_statuses", [])
        if each["address"].get("socket_address") == {"address": host, "port_value": int(port)}
    ]
    return bool(found) and not any("failed_active_health_check" in status for status in found)


def _ask(admin_port: int, path: str) -> dict[str, Any]:
    connection = http.client.HTTPConnection(LOOPBACK, admin_port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", path)
        answer: dict[str, Any] = json.loads(connection.getresponse().read())
    except (OSError, http.client.HTTPException, ValueError):
        return {}
    finally:
        connection.close()
    return answer
