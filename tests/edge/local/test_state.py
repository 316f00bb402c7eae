import fcntl
import os
import pwd
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge.cli.stop import stop
from edge.local import state as states
from edge.local.errors import StartError
from edge.local.running import NotRunning, find_running
from edge.local.state import (
    BACKUP,
    Holder,
    holder,
    is_locked,
    lock,
    locked,
    open_state,
    write_private,
)


def test_a_private_file_is_its_owners_alone(tmp_path: Path) -> None:
    write_private(tmp_path / "key", b"secret")
    assert (tmp_path / "key").read_bytes() == b"secret"
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path) == ["key"]


def test_a_file_is_on_the_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced = []

    def fsync(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").resolve()
        content = path.read_bytes() if path.is_file() else b""
        synced.append((path.is_dir(), content, (tmp_path / "key").exists()))

    monkeypatch.setattr(os, "fsync", fsync)
    write_private(tmp_path / "key", b"secret")
    assert synced == [(False, b"secret", False), (True, b"", True)]


def test_who_looks_keeps_nobody_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = open_state(tmp_path)
    looking = os.open(state.lock, os.O_RDONLY | os.O_CREAT)
    fcntl.flock(looking, fcntl.LOCK_SH)
    monkeypatch.setattr(states.time, "sleep", lambda _: os.close(looking))
    os.close(lock(state))
    assert holder(state) == Holder(os.getpid())


def test_a_backup_is_not_taken_for_the_academy(tmp_path: Path) -> None:
    state = open_state(tmp_path)
    busy = rf"A backup of {tmp_path} is under way \(pid {os.getpid()}\)\."
    with locked(state, BACKUP):
        with pytest.raises(StartError, match=f"^{busy}$"):
            lock(state)
        with pytest.raises(NotRunning, match=rf"not running on {tmp_path}\. {busy}"):
            find_running(tmp_path)
        done = CliRunner().invoke(stop, ["--state", str(tmp_path)])
        assert (done.exit_code, "A backup of" in done.stdout) == (0, True)
    os.close(lock(state))


def test_what_a_killed_launcher_told_is_gone_with_the_next_one(tmp_path: Path) -> None:
    state = open_state(tmp_path)
    state.run_file.write_text("{}")
    os.close(lock(state))
    assert not state.run_file.exists()


def test_the_state_of_another_user_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state, owner = open_state(tmp_path), os.geteuid()
    name = pwd.getpwuid(owner).pw_name
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    for take in (lambda: open_state(tmp_path), lambda: lock(state)):
        with pytest.raises(StartError, match=f"is {name}'s: run this as {name}"):
            take()
    assert not state.lock.exists()


def test_what_cannot_be_seen_is_not_taken_for_free(tmp_path: Path) -> None:
    state = open_state(tmp_path)
    assert not is_locked(state)
    state.lock.symlink_to(state.lock)
    with pytest.raises(StartError, match=r"Whether Stellr runs on .* cannot be seen"):
        is_locked(state)
    with pytest.raises(NotRunning, match="cannot be seen"):
        find_running(tmp_path)
    done = CliRunner().invoke(stop, ["--state", str(tmp_path)])
    assert (done.exit_code, "cannot be seen" in done.stderr) == (1, True)
