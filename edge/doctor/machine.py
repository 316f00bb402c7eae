"""Looks at the machine: Python, programs, disk, clock, ports."""

from __future__ import annotations

import ctypes
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from edge import registry
from edge.doctor.finding import Finding, bad, ok, warning
from edge.envoy.render import DESCRIPTORS
from edge.local import binaries
from edge.local.errors import StartError
from edge.local.ports import free_pair, reserve

OLDEST_PYTHON = (3, 11, 2)
# A state of some courses; below the second PostgreSQL cannot even begin.
GOOD_DISK, LEAST_DISK = 2_000_000_000, 300_000_000
PROGRAM_SECONDS = 20.0
# adjtimex(2): the kernel's clock is not synchronized; its struct is smaller than this.
TIME_ERROR, TIMEX_BYTES = 5, 512


def python(version: Sequence[int] = sys.version_info[:3]) -> Finding:
    """Whether this Python is one that Stellr runs on."""
    text = f"Python {'.'.join(map(str, version))} on {platform.system()} {platform.machine()}"
    if tuple(version[:3]) < OLDEST_PYTHON:
        return bad("Python", text, "Install Python 3.11.2 or later, remove .venv, and run make up.")
    return ok("Python", text)


def installing(root: Path = registry.ROOT) -> str:
    """How what belongs to Stellr is installed anew: from a checkout, or from a wheel."""
    if (root / "Makefile").is_file():
        return f"Install it anew: rm -r {root / '.venv'} && make -C {root} build."
    return "Install Stellr anew: pipx reinstall stellr-academy, or its wheel by pip."


def program(name: str, find: Callable[[], Path]) -> Finding:
    """Whether a program of somebody else is there and runs on this machine."""
    try:
        argv = [str(find()), "--version"]
        done = subprocess.run(
            argv, capture_output=True, text=True, timeout=PROGRAM_SECONDS, check=True
        )
    except (StartError, OSError, subprocess.SubprocessError) as error:
        return bad(name, str(error), installing())
    lines = done.stdout.strip().splitlines()
    # Envoy's tells where it lies before it tells its version.
    return ok(name, lines[0].rpartition("version: ")[2][:80] if lines else "runs")


def programs() -> list[Finding]:
    """PostgreSQL and Envoy."""
    return [
        program("PostgreSQL", binaries.postgres),
        program("Envoy", binaries.envoy),
    ]


def contracts(built: Path = DESCRIPTORS) -> Finding:
    """Whether the contracts were built."""
    if built.is_file():
        return ok("contracts", str(built))
    return bad("contracts", f"{built} is missing", installing())


def disk(folder: Path, free: int | None = None) -> Finding:
    """Whether there is room where the state is; `free` are bytes, as they are by default."""
    there = next(each for each in (folder, *folder.parents) if os.path.exists(each))
    free = shutil.disk_usage(there).free if free is None else free
    text = f"{free / 1e9:.1f} GB free at {there}"
    mend = (
        f"Make room there, or keep the state elsewhere: STELLR_STATE. {GOOD_DISK / 1e9:.0f} GB do."
    )
    if free < LEAST_DISK:
        return bad("disk", text, mend)
    return warning("disk", text, mend) if free < GOOD_DISK else ok("disk", text)


def ports(port: int, host: str) -> Finding:
    """Whether a stack could have its ports now."""
    try:
        with reserve(port, host=host), reserve(port + 1):
            return ok("ports", f"{port} and {port + 1} are free")
    except StartError as error:
        free = free_pair(port)
        other = f", or choose another: STELLR_PORT={free}" if free else ""
        return bad("ports", str(error), f"Stop who has it, be it Stellr on another state{other}.")


def tls_port(port: int, host: str) -> Finding:
    """Whether the door could speak TLS there now."""
    try:
        with reserve(port, host=host):
            return ok("ports", f"{port} is free, for TLS")
    except StartError as error:
        return bad("ports", str(error), "Stop who has it, or choose another: STELLR_TLS_PORT.")


def clock(now: float | None = None) -> Finding:
    """Whether the clock is right, as far as the machine knows: tokens and codes go by it."""
    now = time.time() if now is None else now
    text = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(now))
    mend = "Set it, and have it kept right: timedatectl set-ntp true."
    if now < Path(__file__).stat().st_mtime - 86400:
        return bad("clock", f"{text} is before Stellr was installed", mend)
    if _is_unsynchronized():
        return warning("clock", f"{text}, and nobody keeps it right", mend)
    return ok("clock", text)


def _is_unsynchronized() -> bool:
    """Whether the kernel says so; False where it does not say (adjtimex(2), which changes nothing
    where all of its argument is zero)."""
    try:
        call = ctypes.CDLL(None).adjtimex
    except (OSError, AttributeError):
        return False
    return bool(call(ctypes.create_string_buffer(TIMEX_BYTES)) == TIME_ERROR)
