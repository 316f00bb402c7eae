import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from edge import registry
from edge.backup import archive
from edge.backup.archive import MANIFEST, Manifest, check, unpack, writing
from edge.backup.databases import order
from edge.backup.errors import BackupError

OBJECT = "media/ab/cd/" + "ef" * 32


def nothing() -> None:
    """Nobody asks to stop."""


@pytest.fixture(name="made")
def _made(tmp_path: Path) -> Path:
    """An archive with two files."""
    for name, text in (("secret", "a secret"), ("object", "o" * 3000)):
        (tmp_path / name).write_text(text)
    target = tmp_path / "academy.tar"
    with writing(target, nothing) as writer:
        writer.add("keys/secret", tmp_path / "secret")
        writer.add(OBJECT, tmp_path / "object")
        writer.end(Manifest("0.1.0", "2026-01-01T00:00:00+00:00", {"auth": "0001"}))
    return target


def test_what_was_written_comes_back(made: Path, tmp_path: Path) -> None:
    manifest = check(made, nothing)
    assert (manifest.revisions, manifest.size) == ({"auth": "0001"}, 3008)
    (tmp_path / "there").mkdir()
    unpack(made, tmp_path / "there", nothing)
    key = tmp_path / "there" / "keys" / "secret"
    assert (key.read_text(), key.stat().st_mode & 0o777) == ("a secret", 0o600)
    assert (tmp_path / "there" / OBJECT).read_text() == "o" * 3000


def test_it_is_for_its_owner_and_overwrites_nothing(made: Path) -> None:
    assert made.stat().st_mode & 0o777 == 0o600
    with pytest.raises(BackupError, match="is there already"), writing(made, nothing):
        pass
    assert check(made, nothing)


def test_what_fails_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), writing(tmp_path / "a.tar", nothing) as writer:
        writer.add("keys/secret", tmp_path / "missing")
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_one_left_goes_and_what_is_written_stays(tmp_path: Path) -> None:
    left = tmp_path / ".stellr-backup-killed"
    left.mkdir(mode=0o700)
    (left / "archive").write_text("half of it")
    with writing(tmp_path / "a.tar", nothing) as first:
        assert not left.exists()
        with writing(tmp_path / "b.tar", nothing) as second:
            assert first.scratch.exists()
            second.end(Manifest("", "", {}))
        first.end(Manifest("", "", {}))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tar", "b.tar"]


def changed(data: bytes) -> bytes:
    return data.replace(b"a secret", b"A secret")


def cut_off(data: bytes) -> bytes:
    return data[:2048]


def cut_within(data: bytes) -> bytes:
    return data[:1500]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (changed, "not as it was written: keys/secret is another"),
        (cut_off, "is cut off"),
        (cut_within, "is cut off"),
        (lambda _: b"", "is cut off or no backup"),
        (lambda _: b"no archive" * 200, "is cut off or no backup"),
    ],
)
def test_what_was_spoiled_is_refused(
    made: Path, spoil: Callable[[bytes], bytes], said: str
) -> None:
    made.write_bytes(spoil(made.read_bytes()))
    with pytest.raises(BackupError, match=said):
        check(made, nothing)


@pytest.mark.parametrize(
    "name", ["../secret", "/etc/passwd", "keys/../../x", "keys/", "pg/PG_VERSION"]
)
def test_nothing_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    target = tmp_path / "a.tar"
    with tarfile.open(target, "w") as tar:
        info = tarfile.TarInfo(name)
        info.size = 1
        tar.addfile(info, io.BytesIO(b"x"))
    with pytest.raises(BackupError, match="is no backup of an academy"):
        check(target, nothing)


def test_a_link_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "a.tar"
    with tarfile.open(target, "w") as tar:
        info = tarfile.TarInfo("keys/secret")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(info)
    with pytest.raises(BackupError, match="is no backup"):
        check(target, nothing)


def test_a_file_of_holes_is_refused(tmp_path: Path) -> None:
    # In a few bytes it may say that it has a terabyte.
    target = tmp_path / "a.tar"
    with tarfile.open(target, "w", format=tarfile.PAX_FORMAT) as tar:
        info = tarfile.TarInfo("keys/secret")
        info.size = 1
        info.pax_headers = {"GNU.sparse.size": "5000", "GNU.sparse.map": "0,1"}
        tar.addfile(info, io.BytesIO(b"x"))
    with pytest.raises(BackupError, match="is no backup of an academy"):
        check(target, nothing)


@pytest.mark.parametrize(
    "manifest", [b"{}", b"[]", b"no json", json.dumps({"format": 9, "files": {}}).encode()]
)
def test_a_manifest_that_is_none_is_refused(tmp_path: Path, manifest: bytes) -> None:
    target = tmp_path / "a.tar"
    with tarfile.open(target, "w") as tar:
        info = tarfile.TarInfo(MANIFEST)
        info.size = len(manifest)
        tar.addfile(info, io.BytesIO(manifest))
    with pytest.raises(BackupError, match="is no backup"):
        check(target, nothing)


def test_another_format_is_refused(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "FORMAT", 2)
    with pytest.raises(BackupError, match="a format that this Stellr does not know"):
        check(made, nothing)


def test_who_follows_or_calls_is_saved_before_who_is_asked() -> None:
    services = registry.load_all()
    place = {name: index for index, name in enumerate(order(services))}
    assert set(place) == set(services)
    for name, service in services.items():
        if name != "auth":
            asked = {*service.calls, *service.follows, "auth"}
            assert all(place[name] < place[other] for other in asked)
