"""CPU time and memory of processes, as the kernel accounts for them."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

TICK = os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]


def of_stack(run: Mapping[str, Any]) -> list[int]:
    """All processes of a stack as its run.json tells them: PostgreSQL and Envoy among them, the
    launcher not."""
    return [pid for part in run["parts"] for pid in family(int(part["pid"]))]


def seconds(pids: Iterable[int]) -> float:
    """User and system time of the processes so far, with that of children they have reaped.

    One that has ended counts nothing: its time is then its parent's.
    """
    total = 0
    for pid in pids:
        with suppress(FileNotFoundError, ProcessLookupError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += sum(int(field) for field in fields[11:15])
    return total / TICK


def idle_rate(pids: Iterable[int], over: float = 4.0) -> float:
    """CPU seconds a second that the processes take with nothing asked of them."""
    watched = list(pids)
    before = seconds(watched)
    time.sleep(over)
    return (seconds(watched) - before) / over


def proportional_megabytes(pid: int) -> float:
    """The PSS of a process in MB: shared pages count in parts."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise ValueError(f"no Pss for {pid}")
