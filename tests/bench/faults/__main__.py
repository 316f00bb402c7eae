"""Faults under half of the measured load: what is lost, what fails, and how soon all is well again.

    python -m tests.bench.faults [--repeats 10] [--only NAME ...] [--scale 1] [--requests 50000]

A client keeps a ledger on disk of what it asked for and what was acknowledged, and insists on each
write by its Idempotency-Key. Exit status 1 where something acknowledged is lost or doubled, where
the academy does not get well, or where a fault has a promise of its own that is not kept: a rolling
restart fails no request, and an overload leaves 80 % of the measured load and heals within 10 s.
"""

from __future__ import annotations

import argparse
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.faults.academy import Hurt, Kept, academy
from tests.bench.faults.faults import Fault, faults
from tests.faults.volume import NoVolume, mounted

VOLUME_BYTES = 1024 * 1024 * 1024
# Before each fault anew, as others may work on the machine.
MEASURE_SECONDS = 8.0
QUIET_SECONDS = 3.0
CALM_SECONDS = 5.0
# Nothing takes longer to heal.
PATIENCE_SECONDS = 180.0
POLL_SECONDS = 0.1
# What an overload leaves of the measured load, and when it is forgotten.
GOODPUT, BACK_SECONDS = 0.8, 10.0
WIDTHS = (24, 10, 5, 9, 7, 8, 5, 8, 8, 8)
_HEAD = "fault,measured,runs,requests,failed,written,lost,doubled,healed s,worst s"
NAMES = _HEAD.split(",")


@dataclass(frozen=True)
class Outcome:
    """What came of a fault. `healed` is in seconds from when its cause was gone."""

    requests: int
    failed: Counter[int]
    kept: Kept
    healed: float
    # Writes that were never acknowledged, however often they were asked for.
    open: int
    # Good answers in an overload, as a share of what was measured.
    goodput: float

    def is_good(self, fault: Fault) -> bool:
        """Whether nothing acknowledged was lost or doubled, all is well, and the promise kept."""
        if self.kept.lost or self.kept.doubled or self.open or self.healed > PATIENCE_SECONDS:
            return False
        if fault.overload_seconds:
            return self.goodput >= GOODPUT and self.healed <= BACK_SECONDS
        return not (fault.requests and self.failed)


def hurt_once(hurt: Hurt, fault: Fault) -> Outcome:
    """Have a fault happen under load."""
    overload = fault.overload_seconds
    with hurt.run(hurt.capacity / 2, requests=fault.requests, overload_seconds=overload) as run:
        if not overload:
            time.sleep(QUIET_SECONDS)
        gone = fault.happens(hurt, run)
        well = wait_until_well(hurt, gone)
    answers = run.answers()
    failures = answers.failures()
    last = max((at for at, *_ in failures if at <= answers.ended), default=0.0)
    return Outcome(
        requests=len(answers.answers),
        failed=Counter(code for _, _, code, _ in failures),
        kept=hurt.kept(run),
        healed=max(0.0, well - gone, last - gone),
        open=answers.open,
        goodput=answers.rate(gone - overload, gone) / hurt.capacity if overload else 0.0,
    )


def wait_until_well(hurt: Hurt, gone: float) -> float:
    """Wait until all is well for a while; since when, infinite where that takes too long."""
    since = None
    while since is None or time.monotonic() - since < CALM_SECONDS:
        well = hurt.is_well()
        since = (since or time.monotonic()) if well else None
        if not well and time.monotonic() - gone > PATIENCE_SECONDS:
            return float("inf")
        time.sleep(POLL_SECONDS)
    return since


def tell(fault: Fault, capacity: float, outcomes: list[Outcome]) -> None:
    """A line of the table."""
    healed = [each.healed for each in outcomes]
    failed: Counter[int] = sum((each.failed for each in outcomes), Counter())
    twice = sum(each.kept.twice for each in outcomes)
    notes = [f"{twice} mails twice" if twice else "", f"failed {dict(failed)}" if failed else ""]
    if left := sum(each.open for each in outcomes):
        notes.append(f"{left} never acknowledged")
    if fault.overload_seconds:
        notes.append(f"goodput {min(each.goodput for each in outcomes):.0%} and more")
    figures = [
        *(fault.name, f"{capacity:.0f}/s", len(outcomes), sum(each.requests for each in outcomes)),
        *(failed.total(), sum(each.kept.acknowledged for each in outcomes)),
        *(sum(each.kept.lost for each in outcomes), sum(each.kept.doubled for each in outcomes)),
        *(f"{statistics.median(healed):.1f}", f"{max(healed):.1f}"),
    ]
    row(figures, ", ".join(filter(None, notes)))


def row(figures: Sequence[object], note: str) -> None:
    """Print a row."""
    first, *rest = (f"{figure}" for figure in figures)
    columns = [text.rjust(width) for text, width in zip(rest, WIDTHS[1:], strict=True)]
    print(first.ljust(WIDTHS[0]), *columns, "", note, flush=True)


@contextmanager
def begun(volume_wanted: bool) -> Iterator[Hurt]:
    """An academy of its own."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="stellr-faults-")))
        # PostgreSQL is another user.
        folder.chmod(0o711)
        volume = None
        if volume_wanted:
            volume = stack.enter_context(mounted(folder / "volume", VOLUME_BYTES))
        yield stack.enter_context(academy(folder, volume))


def hurt_all(chosen: list[Fault], repeats: int, volume_wanted: bool) -> bool:
    """Have faults happen, each as often; whether all went well."""
    good = True
    with begun(volume_wanted) as hurt:
        for fault in chosen:
            hurt.measure(MEASURE_SECONDS)
            outcomes = [hurt_once(hurt, fault) for _ in range(repeats)]
            tell(fault, hurt.capacity, outcomes)
            good &= all(each.is_good(fault) for each in outcomes)
    return good


def main() -> int:
    """Have all of them happen, or those that were asked for; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--only", nargs="+", metavar="NAME", help="faults whose names begin so")
    parser.add_argument("--scale", type=float, default=1.0, help="what all times are multiplied by")
    parser.add_argument("--requests", type=int, default=50_000, help="during the rolling restart")
    asked = parser.parse_args()
    # So that nothing is left behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    all_of_them = faults(asked.scale, asked.requests)
    chosen = [each for each in all_of_them if each.name.startswith(tuple(asked.only or [""]))]
    if not chosen:
        parser.error(f"there are {', '.join(each.name for each in all_of_them)}")
    row(NAMES, "notes")
    good = True
    for volume_wanted in (False, True):
        some = [each for each in chosen if each.needs_volume is volume_wanted]
        try:
            good &= hurt_all(some, asked.repeats, volume_wanted) if some else True
        except NoVolume:
            print("full-disk: only root may mount a file system")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
