"""How a restore treats the directory that it is for, without its databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge.backup import archive, restoring
from edge.backup.archive import Manifest
from edge.backup.errors import BackupError
from edge.local.errors import StartError
from edge.local.state import RESTORE, State, holder, is_locked, locked, open_state


def test_what_was_there_is_moved_aside(tmp_path: Path) -> None:
    state, beside = open_state(tmp_path / "state"), open_state(tmp_path / "state.restoring")
    for each, text in ((state, "old"), (beside, "new")):
        (each.keys / "secret").write_text(text)
    before = restoring._take_place(state, beside.root, force=True)
    assert before
    assert (State(before).keys / "secret").read_text() == "old"
    assert (state.keys / "secret").read_text() == "new"
    assert sorted(tmp_path.iterdir()) == sorted([state.root, before])


def test_what_came_meanwhile_is_not_removed(tmp_path: Path) -> None:
    state, beside = open_state(tmp_path / "state"), open_state(tmp_path / "state.restoring")
    (state.keys / "secret").write_text("just made")
    with pytest.raises(BackupError, match="is not empty; --force moves"):
        restoring._take_place(state, beside.root, force=False)
    assert (state.keys / "secret").read_text() == "just made"
    assert sorted(tmp_path.iterdir()) == [state.root, beside.root]


def test_where_a_link_leads_is_restored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "disk" / "academy").mkdir(parents=True)
    link = tmp_path / "state"
    link.symlink_to("disk/academy")
    asked: list[State] = []
    monkeypatch.setattr(archive, "check", lambda *_: Manifest("", "", {}))
    monkeypatch.setattr(restoring, "_check", lambda *_: None)
    monkeypatch.setattr(restoring, "_to_state", lambda state, *_, **__: asked.append(state))
    restoring.restore(link, tmp_path / "a.tar", {}, force=False)
    assert asked == [State(tmp_path / "disk" / "academy")]


def test_a_mount_point_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="/proc is a mount point"):
        restoring._to_state(State(Path("/proc")), tmp_path / "a.tar", [], force=True)


def test_one_restore_at_a_time_builds_beside(tmp_path: Path) -> None:
    with locked(open_state(tmp_path / "state.restoring"), RESTORE) as held:
        with pytest.raises(StartError, match=r"^A restore of .*state.restoring is under way"):
            restoring._to_state(State(tmp_path / "state"), tmp_path / "a.tar", [], force=False)
        assert is_locked(State(tmp_path / "state.restoring"))
        assert held


def test_it_is_alone_there_before_it_unpacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = open_state(tmp_path / "state.restoring")
    (beside.root / "media" / "ab").mkdir(parents=True)
    (beside.root / "demo-loaded").touch()

    @contextmanager
    def unpacked(_: Path, folder: Path) -> Iterator[Path]:
        names = {path.name for path in folder.iterdir()}
        assert names == {"lock", "logs", "keys", "envoy"}
        assert (is_locked(State(folder)), holder(State(folder)).work) == (True, RESTORE)
        yield folder
        raise AssertionError

    def away(*_: object) -> None:
        raise StartError("there is no PostgreSQL")

    monkeypatch.setattr(restoring, "_unpacked", unpacked)
    monkeypatch.setattr(restoring.database_server, "running", away)
    with pytest.raises(StartError, match="there is no PostgreSQL"):
        restoring._to_state(State(tmp_path / "state"), tmp_path / "a.tar", [], force=False)
    assert list(tmp_path.iterdir()) == []
