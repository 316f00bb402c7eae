"""A whole academy is saved and restored: on its own state, and by the URLs of its databases."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from edge.backup import databases, restoring
from edge.backup.errors import BackupError
from edge.journey.browser import Browser
from edge.journey.steps import Steps
from edge.journey.walk import Journey
from edge.local import signals
from edge.local.state import State, open_state
from services.kit.data import migrate
from tests import support
from tests.support import DEMO, Stack, Visitor


@pytest.fixture(name="folder", scope="module")
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="stellr-test-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(name="saved", scope="module")
def _saved(stack: Stack, folder: Path) -> Path:
    """What all tests share, saved while it is used."""
    target = folder / "shared.tar"
    done = stack.command("backup", str(target))
    assert done.returncode == 0, done.stderr
    return target


class Graduate:
    """Somebody who walked the whole journey, and what the academy shows them."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        browser = Browser(stack.url)
        journey = Journey(browser, stack.state, DEMO, folder / "a.pdf", Steps(lambda *_: None))
        journey.walk()
        browser.close()
        learner = journey.learner
        self.login = {"email": learner.email, "password": learner.password}
        self.pdf = (folder / "a.pdf").read_bytes()

    def signed_in(self, stack: Stack) -> Visitor:
        """The same person in another session."""
        answer = Visitor(stack).post("/login", self.login)
        assert answer.status_code == 200, answer.text
        return Visitor(stack, answer.json()["accessToken"])

    def sees(self, stack: Stack) -> dict[str, Any]:
        """Profile, progress, the certificate's PDF and the bytes of the lessons' media."""
        me = self.signed_in(stack)
        course = me.get(f"/courses/{DEMO}").json()
        lessons = [each["lessonId"] for part in course["sections"] for each in part["lessons"]]
        pdfs = [pdf for id_ in lessons for pdf in me.get(f"/media/lesson/{id_}").json()["pdfs"]]
        assert pdfs
        return {
            "me": me.get("/me").json(),
            "progress": me.get(f"/progress/me/courses/{DEMO}").json(),
            "pdf": me.get(f"/certificate/{DEMO}/download").content,
            "media": [
                me.http.get(urlsplit(pdf["url"])._replace(scheme="", netloc="").geturl()).content
                for pdf in pdfs
            ],
        }


def test_a_restored_academy_is_as_it_was(folder: Path) -> None:
    """Saved after its end, which `stellr stop` brings, and restored to another state."""
    own = Stack(folder / "state", support.free_port()).start()
    again = Stack(folder / "again", own.port)
    try:
        graduate = Graduate(own, folder)
        before = graduate.sees(own)
        assert before["pdf"] == graduate.pdf
        assert before["progress"]["completed"]
        stopped = own.command("stop")
        assert (stopped.returncode, own.process and own.process.wait(10)) == (0, 0)
        assert own.command("stop").stdout == f"Stellr is not running on {own.state}.\n"
        saved = own.command("backup", str(folder / "own.tar"))
        assert saved.returncode == 0, saved.stderr
        restored = again.command("restore", str(folder / "own.tar"))
        assert restored.returncode == 0, restored.stderr
        again.start()
        assert graduate.sees(again) == before
    finally:
        own.stop()
        if again.process:
            again.stop()


def test_a_spoiled_file_changes_nothing(stack: Stack, saved: Path, folder: Path) -> None:
    spoiled = folder / "spoiled.tar"
    spoiled.write_bytes(saved.read_bytes()[:-20_000])
    done = stack.command("restore", str(spoiled), "--state", str(folder / "never"))
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert done.stderr.startswith(f"Error: {spoiled} is cut off")
    assert not (folder / "never").exists()


def test_what_is_not_there_is_said_in_a_sentence(stack: Stack, folder: Path) -> None:
    missing = stack.command("restore", str(folder / "none.tar"), "--state", str(folder / "never"))
    assert missing.stderr == f"Error: {folder / 'none.tar'}: No such file or directory.\n"
    empty = stack.command("backup", str(folder / "x.tar"), "--state", str(folder / "never"))
    assert empty.stderr == f"Error: There is no academy on {folder / 'never'}.\n"
    assert not (folder / "x.tar").exists()


@contextmanager
def scratch_databases(stack: Stack, services: Sequence[str] = ()) -> Iterator[Mapping[str, str]]:
    """Empty databases, one for each service, on the server that all tests share."""
    services = services or list(stack.run["databases"])
    names = {name: f"scratch_{name}_{secrets.token_hex(4)}" for name in services}
    with psycopg.connect(stack.run["databases"]["auth"], autocommit=True) as connection:
        for name in names.values():
            connection.execute(f'CREATE DATABASE "{name}" STRATEGY wal_log'.encode())
        try:
            yield {
                service: urlunsplit(
                    urlsplit(stack.run["databases"][service])._replace(path=f"/{name}")
                )
                for service, name in names.items()
            }
        finally:
            for name in names.values():
                connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


def lessons_in(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM lessons").fetchone()
        assert row is not None
        return int(row[0])


def schemas_aside(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'stellr_before%'"
        )
        return [name for (name,) in found]


def notes_in(url: str, schema: str = "public") -> list[str]:
    with psycopg.connect(url) as connection:
        return [text for (text,) in connection.execute(f"SELECT * FROM {schema}.notes".encode())]


def write_note(url: str, text: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE notes (text text)")
        connection.execute("INSERT INTO notes VALUES (%s)", [text])


@pytest.fixture(name="two")
def _two(stack: Stack) -> Iterator[Mapping[str, str]]:
    """Two databases with a note in each."""
    with scratch_databases(stack, ["auth", "user"]) as urls:
        for url in urls.values():
            write_note(url, "old")
        yield urls


def test_a_restore_after_one_that_was_killed_drops_nothing(two: Mapping[str, str]) -> None:
    with restoring._all_or_none(two) as killed:
        for url in two.values():
            write_note(url, "lived on")
    with pytest.raises(BackupError, match="the disk is full"), restoring._all_or_none(two):
        raise BackupError("the disk is full")
    assert [notes_in(url) for url in two.values()] == [["lived on"]] * 2
    assert [notes_in(url, killed) for url in two.values()] == [["old"]] * 2


def test_all_that_can_be_put_back_is(two: Mapping[str, str]) -> None:
    with restoring._all_or_none(two) as aside, psycopg.connect(two["user"]) as connection:
        name = urlsplit(two["auth"]).path[1:]
        connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'.encode())
    (away,) = restoring._not_put_back(two, aside)
    assert away.startswith("The database of auth is not there:")
    assert notes_in(two["user"]) == ["old"]


def test_what_is_aside_is_in_no_backup(two: Mapping[str, str], tmp_path: Path) -> None:
    with restoring._all_or_none(two) as aside:
        write_note(two["auth"], "new")
    assert [databases.keeps(name, url, aside) for name, url in two.items()] == [True, True]
    with databases.snapshots(two, ["auth"]) as taken, signals.blocked():
        databases.dump("auth", two["auth"], taken["auth"], tmp_path / "dump")
    with restoring._all_or_none(two), signals.blocked():
        databases.fill("auth", two["auth"], tmp_path / "dump")
        assert (notes_in(two["auth"]), len(schemas_aside(two["auth"]))) == (["new"], 2)


def test_what_is_in_a_database_without_an_academy_counts_too(
    two: Mapping[str, str], tmp_path: Path
) -> None:
    with pytest.raises(BackupError, match="The database of auth is not empty"):
        restoring._to_databases(State(tmp_path), tmp_path / "no.tar", two, force=False)


def test_databases_are_filled_by_their_urls_all_or_none(
    stack: Stack, saved: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scratch_databases(stack) as urls:
        state = folder / "by-url"
        for name, url in urls.items():
            monkeypatch.setenv(f"STELLR_DATABASE_URL_{name.upper()}", url)
        restored = stack.command("restore", str(saved), "--state", str(state))
        assert restored.returncode == 0, restored.stderr
        count = lessons_in(urls["course"])
        assert count > 0
        assert (state / "keys" / "secret").read_text() == (stack.state / "keys/secret").read_text()

        told = {f"STELLR_DATABASE_URL_{name.upper()}": url for name, url in urls.items()}
        with signals.blocked(), pytest.raises(BackupError, match="is not empty; --force"):
            restoring.restore(state, saved, told, force=False)

        fill, filled = databases.fill, list[str]()

        def failing(service: str, url: str, source: Path) -> None:
            if len(filled) == 3:
                raise BackupError("the disk is full")
            filled.append(service)
            fill(service, url, source)

        monkeypatch.setattr(databases, "fill", failing)
        with signals.blocked(), pytest.raises(BackupError, match="the disk is full"):
            restoring.restore(state, saved, told, force=True)
        assert lessons_in(urls["course"]) == count
        assert not any(schemas_aside(url) for url in urls.values())
        assert (state / "keys" / "secret").exists()

        monkeypatch.setattr(databases, "fill", fill)
        with signals.blocked():
            before = restoring.restore(state, saved, told, force=True)
        assert lessons_in(urls["course"]) == count
        assert before.files
        assert (before.files / "keys" / "secret").exists()
        assert schemas_aside(urls["course"]) == [before.schema]
        assert sorted(before.services) == sorted(urls)


def test_what_is_in_use_or_not_empty_is_left_alone(
    stack: Stack, saved: Path, tmp_path: Path
) -> None:
    used = open_state(tmp_path / "used")
    (used.keys / "secret").write_text("old")
    with pytest.raises(BackupError, match="is not empty; --force moves"):
        restoring.restore(used.root, saved, {}, force=False)
    with pytest.raises(BackupError, match=r"already running on .*: that must end first"):
        restoring.restore(stack.state, saved, {}, force=True)
    assert (used.keys / "secret").read_text() == "old"


def test_a_backup_of_a_newer_stellr_is_refused(
    saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "knows", lambda *_: False)
    with pytest.raises(BackupError, match=r"of another Stellr .* which is not known here"):
        restoring.restore(tmp_path / "state", saved, {}, force=False)
    assert list(tmp_path.iterdir()) == []
