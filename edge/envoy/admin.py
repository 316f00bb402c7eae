"""What Envoy tells of itself on its admin interface."""

import http.client
import json

LOOPBACK = "127.0.0.1"


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
