import hashlib
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from services.kit.data.objects.local import UNFINISHED_SECONDS, LocalStore

DATA = [b"one ", b"", b"two " * 50_000]
DIGEST = hashlib.sha256(b"".join(DATA)).hexdigest()


def files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


def test_bytes_come_back_by_their_digest(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "media")
    stored = store.write(DATA)
    assert stored.digest == DIGEST
    assert stored.size == store.size(DIGEST) == 200_004
    with store.open(DIGEST) as file:
        assert file.read() == b"".join(DATA)


def test_only_the_owner_reads(tmp_path: Path) -> None:
    LocalStore(tmp_path / "media").write(DATA)
    found = files(tmp_path)
    assert [path.relative_to(tmp_path / "media").parts for path in found] == [
        (DIGEST[:2], DIGEST[2:4], DIGEST)
    ]
    assert found[0].stat().st_mode & 0o777 == 0o600
    assert all(path.stat().st_mode & 0o077 == 0 for path in found[0].parents[:3])


def test_the_same_bytes_are_kept_once(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    store.write(DATA)
    before = files(tmp_path)[0].stat()
    assert store.write([b"".join(DATA)]).digest == DIGEST
    assert len(files(tmp_path)) == 1
    assert files(tmp_path)[0].stat().st_ino == before.st_ino


def test_many_may_write_the_same_at_once(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    with ThreadPoolExecutor(16) as pool:
        digests = set(pool.map(lambda _: store.write(DATA).digest, range(32)))
    assert digests == {DIGEST}
    assert len(files(tmp_path)) == 1


def test_a_stream_that_breaks_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield b"half"
        raise ConnectionError

    with pytest.raises(ConnectionError):
        LocalStore(tmp_path).write(broken())
    assert files(tmp_path) == []


def test_what_was_never_kept_is_not_found(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    with pytest.raises(FileNotFoundError):
        store.open(DIGEST)
    with pytest.raises(FileNotFoundError):
        store.size(DIGEST)


def test_what_is_deleted_is_gone(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    store.write(DATA)
    store.delete(DIGEST)
    store.delete(DIGEST)
    with pytest.raises(FileNotFoundError):
        store.open(DIGEST)


def test_sweeping_removes_only_what_the_dead_left(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    store.sweep()
    store.write(DATA)
    old, new = tmp_path / "unfinished" / "old", tmp_path / "unfinished" / "new"
    for path in (old, new):
        path.write_bytes(b"half")
    long_ago = time.time() - UNFINISHED_SECONDS - 60
    os.utime(old, (long_ago, long_ago))
    os.utime(tmp_path / DIGEST[:2] / DIGEST[2:4] / DIGEST, (long_ago, long_ago))
    store.sweep()
    assert not old.exists()
    assert new.exists()
    assert store.size(DIGEST) == 200_004
