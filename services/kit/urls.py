"""URLs that somebody else wrote."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

# The names of this machine for itself.
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def parts_of(url: str) -> SplitResult | None:
    """The parts of a URL; None where its host or its port is none."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts
