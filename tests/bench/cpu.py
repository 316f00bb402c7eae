"""CPU time and memory of processes, as the kernel accounts for them."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path

import psutil

TICK = os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]


def seconds(pids: Iterable[int]) -> float:
    """User and system time of the processes so far, with that of children they have reaped."""
    total = 0
    for pid in pids:
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
