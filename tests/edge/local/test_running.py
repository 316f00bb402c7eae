import os
import stat
from pathlib import Path

import pytest

from edge.local.errors import StartError
from edge.local.running import NotRunning, RunningPart, RunningStack, find_running
from edge.local.state import lock, open_state


def stack(root: Path) -> RunningStack:
    return RunningStack(
        state=str(root),
        pid=os.getpid(),
        port=8080,
        operations_port=8081,
        admin_port=40000,
        socket_dir="/run/stellr",
        databases={"auth": "postgresql://stellr@/stellr_auth"},
        parts=[RunningPart("auth-0", "auth", 7, "127.0.0.1:40001")],
    )


def test_what_was_written_is_found(tmp_path: Path) -> None:
    state = open_state(tmp_path)
    held = lock(state)
    stack(tmp_path).write(state)
    assert find_running(tmp_path) == stack(tmp_path)
    assert find_running(tmp_path, 8080).targets("auth") == ["127.0.0.1:40001"]
    assert stat.S_IMODE(state.run_file.stat().st_mode) == 0o600
    os.close(held)


def test_another_port_is_not_this_stack(tmp_path: Path) -> None:
    held = lock(open_state(tmp_path))
    stack(tmp_path).write(open_state(tmp_path))
    with pytest.raises(NotRunning, match="runs on port 8080, not 9000"):
        find_running(tmp_path, 9000)
    os.close(held)


def test_the_file_of_a_killed_launcher_is_no_stack(tmp_path: Path) -> None:
    stack(tmp_path).write(open_state(tmp_path))
    with pytest.raises(NotRunning, match="not running"):
        find_running(tmp_path)


def test_a_broken_file_is_no_stack(tmp_path: Path) -> None:
    state = open_state(tmp_path)
    held = lock(state)
    state.run_file.write_text('{"parts": [1')
    with pytest.raises(NotRunning, match="still starting"):
        find_running(tmp_path)
    os.close(held)


def test_a_state_has_one_holder(tmp_path: Path) -> None:
    state = open_state(tmp_path)
    held = lock(state)
    with pytest.raises(StartError, match=rf"already running on .* \(pid {os.getpid()}\)"):
        lock(state)
    os.close(held)
    os.close(lock(state))


def test_a_state_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StartError, match="cannot be written"):
        open_state(tmp_path / "file" / "state")
