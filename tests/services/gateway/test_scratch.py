import subprocess
import sys
from pathlib import Path

import pytest

from services.gateway.scratch import clear_leftovers, scratch

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
