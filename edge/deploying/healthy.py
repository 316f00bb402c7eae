"""The health check of a container: whether STELLR_HEALTH_LISTEN answers GET /health with 200.

It runs every few seconds in each container, so it imports next to nothing (20 ms).
"""

from __future__ import annotations

import os
import socket
import sys

SECONDS = 2.0
PATH = "/health"


def healthy(address: str) -> bool:
    """Whether a service process says that it serves at host:port."""
    host, _, port = address.rpartition(":")
    asked = f"GET {PATH} HTTP/1.0\r\nHost: {host}\r\n\r\n"
    try:
        # A name for all addresses is none that can be asked.
        where = (host if host != "0.0.0.0" else "127.0.0.1", int(port))  # noqa: S104
        with socket.create_connection(where, timeout=SECONDS) as connection:
            connection.sendall(asked.encode())
            answer = connection.recv(64)
    except (OSError, ValueError):
        return False
    return b" 200 " in answer


if __name__ == "__main__":
    sys.exit(0 if healthy(os.environ.get("STELLR_HEALTH_LISTEN", "")) else 1)
