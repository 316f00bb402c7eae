import os
from pathlib import Path

import pytest

from edge.local.state import write_private


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
