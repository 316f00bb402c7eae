"""What the same request costs in a large academy, as a ratio to a small one:
`python -m tests.bench.scale`.

Two stacks take turns, each filled by SQL and warmed by the same number of requests, in which
everything that is asked for later is asked for once. CPU is that of all processes, PostgreSQL's
among them; the median of the rounds is what counts. The large one takes some minutes and 6 GB.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

from tests import support
from tests.bench import academy, cpu
from tests.bench.academy import BUSY, BUSY_COURSES, Size
from tests.bench.asked import PATHS, Academy, Asked, Cost, Request

SMALL = Size(courses=60, accounts=6_000, enrollments=18_000, completions=60_000)
ROUNDS = 5
AT_MOST = 1.2
WARM = 500


def compare(path: Asked, small: Academy, large: Academy, most: int) -> None:
    """Warm both alike, measure both in turns, and print the ratios."""
    both = (small, large)
    for this in both:
        this.sign_anew()
    rounds = [plan(path, path.requests(this), most) for this in both]
    sizes = [this.answer_bytes(each[0][0]) for this, each in zip(both, rounds, strict=True)]
    warm = max(WARM, *(len(each[0]) for each in rounds))
    for this, each in zip(both, rounds, strict=True):
        this.ask(_repeated(each[0], warm))
    idle = [cpu.idle_rate(cpu.of_stack(this.stack.run)) for this in both]
    costs: list[list[Cost]] = [[], []]
    for number in range(1, ROUNDS + 1):
        for at in (0, 1) if number % 2 else (1, 0):
            costs[at].append(both[at].cost(rounds[at][number], idle[at]))
    ratio = _ratio(costs, "microseconds")
    print(
        f"{path.name:<41} x{ratio:4.2f} of CPU, {_medians(costs, 'microseconds')} us"
        f"   x{_ratio(costs, 'median'):4.2f} of time, {_medians(costs, 'median')} ms"
        f"   x{_ratio(costs, 'p99'):4.2f} of p99, {_medians(costs, 'p99')} ms"
        f"   answers of {sizes[0]} and {sizes[1]} bytes   at most {AT_MOST}"
        f"   {'reached' if ratio <= AT_MOST else 'MISSED'}",
        flush=True,
    )


def _ratio(costs: list[list[Cost]], what: str) -> float:
    rounds = zip(*costs, strict=True)
    ratios = [getattr(large, what) / getattr(small, what) for small, large in rounds]
    return float(statistics.median(ratios))


def _medians(costs: list[list[Cost]], what: str) -> str:
    found = [statistics.median(getattr(cost, what) for cost in each) for each in costs]
    return f"{found[0]:6.1f} and {found[1]:7.1f}"


def plan(path: Asked, requests: list[Request], most: int) -> list[list[Request]]:
    """What warms, and what each round asks for: at random, the same in every run."""
    chosen = random.Random(path.name)
    if not path.once:
        return [requests, *(chosen.choices(requests, k=most) for _ in range(ROUNDS))]
    warm = min(len(requests) // 2, BUSY * BUSY_COURSES)
    rest = requests[warm:]
    chosen.shuffle(rest)
    a_round = min(most, len(rest) // ROUNDS)
    parts = [list(islice(rest, at * a_round, (at + 1) * a_round)) for at in range(ROUNDS)]
    return [requests[:warm], *parts]


def _repeated(requests: list[Request], count: int) -> list[Request]:
    return [requests[number % len(requests)] for number in range(count)]


def memory(this: Academy) -> float:
    """MB of all service processes."""
    apart = ("postgres", "envoy")
    parts = [part for part in this.stack.run["parts"] if part["service"] not in apart]
    return sum(cpu.proportional_megabytes(int(part["pid"])) for part in parts)


def options() -> argparse.Namespace:
    """What is asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in {
        "courses": 10_000,
        "accounts": 1_000_000,
        "enrollments": 3_000_000,
        "completions": 10_000_000,
    }.items():
        parser.add_argument(f"--{name}", type=int, default=default, help="of the large academy")
    parser.add_argument("--requests", type=int, default=2_000, help="a round")
    parser.add_argument("--only", default="", help="paths whose names begin so")
    asked = parser.parse_args()
    for name in ("courses", "accounts", "enrollments", "completions"):
        least = getattr(SMALL, name)
        if getattr(asked, name) < least:
            parser.error(f"--{name}: the large academy has at least {least}, as the small one")
    if asked.enrollments // asked.accounts not in range(1, asked.courses + 1):
        parser.error("--enrollments: at least one an account, and at most one a course of each")
    return asked


def main() -> None:
    """Fill both, measure and print every figure."""
    asked = options()
    large = Size(asked.courses, asked.accounts, asked.enrollments, asked.completions)
    with ExitStack() as stacks:
        both = []
        for name, size in {"small": SMALL, "large": large}.items():
            stack = stacks.enter_context(support.started())
            folder = Path(stacks.enter_context(tempfile.TemporaryDirectory()))
            began = time.monotonic()
            academy.fill(stack, size)
            print(f"{name}: {size}, filled in {time.monotonic() - began:.0f} s", flush=True)
            both.append(Academy(name, stack, size, folder))
        for path in PATHS:
            if path.name.startswith(asked.only):
                compare(path, both[0], both[1], asked.requests)
        megabytes = " and ".join(f"{memory(this):.0f}" for this in both)
        print(f"memory of all service processes (PSS): {megabytes} MB")


if __name__ == "__main__":
    main()
