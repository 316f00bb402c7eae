import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from services.gateway.scratch import clear_leftovers, one_at_a_time, scratch

KILLED = """
import os, sys
from pathlib import Path
from services.gateway.scratch import scratch
with scratch(Path(sys.argv[1])) as folder:
    (folder / "archive").write_bytes(b"half")
    os._exit(9)
"""


def test_the_folder_is_gone_afterwards_also_after_an_error(tmp_path: Path) -> None:
    def fail() -> None:
        with scratch(tmp_path / "imports") as folder:
            (folder / "deep").mkdir()
            (folder / "deep" / "file").write_text("x")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert not list((tmp_path / "imports").iterdir())


def test_leftovers_of_a_killed_process_go_and_what_is_in_use_stays(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    assert done.returncode == 9
    assert len(list(tmp_path.iterdir())) == 1
    with scratch(tmp_path) as folder:
        clear_leftovers(tmp_path)
        assert list(tmp_path.iterdir()) == [folder]


def test_clearing_what_never_was_is_fine(tmp_path: Path) -> None:
    clear_leftovers(tmp_path / "imports")
    assert not list(tmp_path.iterdir())


def test_one_after_the_other(tmp_path: Path) -> None:
    inside, overlaps = 0, []

    def work() -> None:
        nonlocal inside
        with one_at_a_time(tmp_path, pause):
            inside += 1
            overlaps.append(inside)
            time.sleep(0.02)
            inside -= 1

    def pause(seconds: float) -> bool:
        time.sleep(0.005)
        return False

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert overlaps == [1] * 8


def test_waiting_ends_where_there_is_no_use_in_it(tmp_path: Path) -> None:
    with (
        one_at_a_time(tmp_path, lambda _: True),
        pytest.raises(InterruptedError),
        one_at_a_time(tmp_path, lambda _: True),
    ):
        pass
