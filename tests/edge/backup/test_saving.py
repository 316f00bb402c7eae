"""What is saved of a state, without its databases."""

from pathlib import Path

import pytest

from edge.backup import archive, saving
from edge.backup.archive import Manifest, writing
from edge.backup.errors import BackupError
from edge.backup.saving import told_databases
from edge.local.state import State, open_state
from services.kit.process.settings import Settings

OBJECT = "ab/cd/" + "ef" * 32


@pytest.fixture(name="state")
def _state(tmp_path: Path) -> State:
    state = open_state(tmp_path / "state")
    (state.keys / "secret").write_text("a secret")
    thing = state.root / "media" / OBJECT
    thing.parent.mkdir(parents=True)
    thing.write_text("an object")
    return state


def saved(state: State, target: Path) -> Manifest:
    """The files of a state in an archive, which can be restored."""
    with writing(target, saving.PAUSE) as writer:
        saving._add_files(writer, state, Settings())
        saving._add_objects(writer, state.root / "media")
        writer.end(Manifest("0.1.0", "2026-01-01T00:00:00+00:00", {}))
    return archive.check(target, saving.PAUSE)


def test_what_somebody_else_put_there_is_left_out_and_told(
    state: State, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    strange = [state.keys / "auth.pem.old_2025", state.root / "media/ab/cd/.nfs\x1b1"]
    for path in strange:
        path.touch()
    (state.root / "media/ab/cd/folder").mkdir()
    assert set(saved(state, tmp_path / "a.tar").files) == {"keys/secret", f"media/{OBJECT}"}
    told = capsys.readouterr().out
    assert all(path.name.replace("\x1b", "\ufffd") in told for path in strange)


def test_no_archive_is_made_that_would_be_refused(tmp_path: Path) -> None:
    (tmp_path / "key").touch()
    with (
        pytest.raises(ValueError, match="No backup may have 'keys/A'"),
        writing(tmp_path / "a.tar", saving.PAUSE) as writer,
    ):
        writer.add("keys/A", tmp_path / "key")


def test_some_databases_are_no_academy() -> None:
    urls = {"STELLR_DATABASE_URL_AUTH": "postgresql:///a"}
    with pytest.raises(BackupError, match="Not set, while others are: STELLR_DATABASE_URL_USER"):
        told_databases(["auth", "user"], urls)
    assert told_databases(["auth", "user"], {}) is None


def test_databases_are_told_by_files_too(tmp_path: Path) -> None:
    (tmp_path / "stellr_database_url_auth").write_text("postgresql:///a\n")
    (tmp_path / "stellr_database_url_user").write_text("postgresql:///b\n")
    told = told_databases(["auth", "user"], {"STELLR_SECRETS_DIR": str(tmp_path)})
    assert told == {"auth": "postgresql:///a", "user": "postgresql:///b"}
