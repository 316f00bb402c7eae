import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from edge.local import processes, signals
from edge.local.parts import finish


def in_a_process_of_its_own(main: Callable[[], object], log: Path) -> None:
    """A test process may have threads that take no part in blocking signals; a fork has none."""
    assert finish(processes.fork(lambda: 0 if main() else 1, log)) == 0


def test_a_stop_signal_ends_a_wait(tmp_path: Path) -> None:
    def main() -> bool:
        with signals.blocked():
            os.kill(os.getpid(), signal.SIGTERM)
            return signals.wait(5)

    in_a_process_of_its_own(main, tmp_path / "log")


def test_the_echo_of_a_stop_signal_is_no_second_one(tmp_path: Path) -> None:
    def main() -> bool:
        with signals.blocked():
            for number in (signal.SIGINT, signal.SIGTERM):
                os.kill(os.getpid(), number)
            first = signals.wait(5)
            signals.swallow_echo()
            return first and not signals.wait(0)

    in_a_process_of_its_own(main, tmp_path / "log")


def test_what_came_too_late_stops_nobody_afterwards(tmp_path: Path) -> None:
    def main() -> bool:
        with signals.blocked():
            os.kill(os.getpid(), signal.SIGTERM)
            os.kill(os.getpid(), signal.SIGHUP)
        return True

    in_a_process_of_its_own(main, tmp_path / "log")


def test_nohup_is_honoured(tmp_path: Path) -> None:
    def main() -> int:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        with signals.blocked():
            os.kill(os.getpid(), signal.SIGHUP)
            began = time.monotonic()
            return int(signals.wait(0.2) or time.monotonic() - began > 5)

    assert finish(processes.fork(main, tmp_path / "log")) == 0
