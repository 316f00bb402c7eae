"""What a scrape of /metrics costs: `python -m tests.bench.metrics [--stack STATE PORT]`.

Bytes, series, time and CPU of a scrape of all processes and Envoy, on a stack in which a journey
was walked; and what `/readyz` takes, which asks them all as well. The CPU is that of the whole
stack, less what it takes while nothing is asked.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import time
from collections import Counter
from pathlib import Path

import httpx

from tests import support
from tests.bench import cpu

SCRAPES = 40
# Readiness asks anew after half a second.
READY_PAUSE_SECONDS = 0.6
READY_ASKED = 10


def measure(stack: support.Stack) -> None:
    """Print what scrapes take."""
    watched = {part["name"]: cpu.family(int(part["pid"])) for part in stack.run["parts"]}
    processes = [pid for family in watched.values() for pid in family]
    idle = cpu.idle_rate(processes)
    with httpx.Client(timeout=20) as client:
        _scrape(client, stack)
        before, began = _spent(watched), time.perf_counter()
        times = [_timed(client, f"{stack.operations_url}/metrics") for _ in range(SCRAPES)]
        took, after = time.perf_counter() - began, _spent(watched)
        ready = []
        for _ in range(READY_ASKED):
            time.sleep(READY_PAUSE_SECONDS)
            ready.append(_timed(client, f"{stack.url}/readyz"))
    spent = sum(after.values()) - sum(before.values()) - idle * took
    median, each = statistics.median(times), spent / SCRAPES
    print(f"a scrape takes {median * 1e3:.0f} ms, {each * 1e3:.1f} ms of CPU")
    for name in ("gateway-0", "envoy"):
        print(f"  of that {name}: {(after[name] - before[name]) / SCRAPES * 1e3:.1f} ms")
    print(f"each 15 s that is {each / 15 * 100:.2f} % of a core; idle: {idle * 100:.1f} %")
    print(f"/readyz takes {statistics.median(ready) * 1e3:.0f} ms")


def _scrape(client: httpx.Client, stack: support.Stack) -> None:
    text = client.get(f"{stack.operations_url}/metrics").text
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    of_whom = Counter(line.split("_", 1)[0] for line in lines)
    print(f"{len(text) / 1024:.0f} KiB, {len(lines)} series ({dict(of_whom)})")


def _timed(client: httpx.Client, url: str) -> float:
    began = time.perf_counter()
    assert client.get(url).is_success
    return time.perf_counter() - began


def _spent(watched: dict[str, list[int]]) -> dict[str, float]:
    return {name: cpu.seconds(pids) for name, pids in watched.items()}


def main() -> None:
    """Measure a stack of its own, or one that runs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stack", nargs=2, metavar=("STATE", "PORT"))
    arguments = parser.parse_args()
    if arguments.stack:
        state, port = arguments.stack
        measure(support.Stack(Path(state), int(port)))
        return
    with support.started() as stack:
        walked: subprocess.CompletedProcess[str] = stack.command("journey")
        assert walked.returncode == 0, walked.stderr
        measure(stack)


if __name__ == "__main__":
    main()
