import os
import signal
import time
from pathlib import Path

import psutil

from edge.local import processes
from edge.local.parts import Part, finish, stop
from edge.local.state import write_private
from tests.support import eventually


def test_a_child_ends_with_its_code_in_a_session_of_its_own(tmp_path: Path) -> None:
    def main() -> int:
        print(os.getsid(0) == os.getpid())
        return 7

    assert finish(processes.fork(main, tmp_path / "log")) == 7
    assert (tmp_path / "log").read_text() == "True\n"


def test_a_failing_child_leaves_its_traceback_in_the_log(tmp_path: Path) -> None:
    def main() -> int:
        raise RuntimeError("no luck")

    assert finish(processes.fork(main, tmp_path / "log")) == processes.CANNOT_EXECUTE
    assert "no luck" in processes.tail(tmp_path / "log")


def test_a_grandchild_does_not_outlive_a_killed_launcher(tmp_path: Path) -> None:
    def sleeper_main() -> int:
        time.sleep(60)
        return 0

    def launcher() -> int:
        sleeper = processes.fork(sleeper_main, tmp_path / "inner")
        write_private(tmp_path / "pid", str(sleeper).encode())
        time.sleep(60)
        return 0

    pid = processes.fork(launcher, tmp_path / "outer")
    eventually((tmp_path / "pid").exists)
    os.kill(pid, signal.SIGKILL)
    finish(pid)
    sleeper = int((tmp_path / "pid").read_text())
    eventually(lambda: gone(sleeper))


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_a_part_that_ignores_its_signal_is_killed(tmp_path: Path) -> None:
    def stubborn() -> int:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        (tmp_path / "up").touch()
        while True:
            time.sleep(1)

    log = tmp_path / "log"
    part = Part("x-0", "x", "", log, lambda: processes.fork(stubborn, log))
    part.start()
    eventually((tmp_path / "up").exists)
    stop([part], grace=0.2)
    assert part.pid is None


def test_restarts_come_later_and_later(tmp_path: Path) -> None:
    part = Part("x-0", "x", "", tmp_path, lambda: 0, started=time.monotonic())
    assert [round(part.schedule_restart(), 1) for _ in range(6)] == [0.2, 0.4, 0.8, 1.6, 3.2, 5.0]
    part.started -= 31
    assert part.schedule_restart() == 0.2


def test_a_long_log_is_moved_aside(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    log.write_bytes(b"x" * (processes.LOG_LIMIT_BYTES + 1))
    processes.rotate(log)
    assert not log.exists()
    assert (tmp_path / "x.log.1").exists()


def test_a_log_that_is_written_to_is_emptied_and_goes_on(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    with log.open("a", buffering=1) as file:
        for word in ("first", "second"):
            file.write(word * processes.LOG_LIMIT_BYTES)
            assert processes.keep_short(log)
            file.write("goes on\n")
            assert not processes.keep_short(log)
    assert log.read_text() == "goes on\n"
    with (tmp_path / "x.log.1").open() as aside:
        assert aside.read(20) == "goes on\nsecondsecond"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.log", "x.log.1"]


def test_the_tail_of_a_log_leaves_earlier_starts_out(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    log.write_text("before\n")
    start = processes.size(log)
    with log.open("a") as file:
        file.write("now\n")
    assert processes.tail(log, start=start) == "now"
