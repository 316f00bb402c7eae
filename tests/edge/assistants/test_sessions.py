"""Sessions that are kept for assistants, at the academy itself."""

from __future__ import annotations

import json
import secrets
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from edge.assistants.door import Door
from edge.assistants.errors import AcademyError
from edge.assistants.sessions import KeptSession, given_token
from edge.assistants.signing_in import by_password, by_phone
from tests.support import Learner, Stack, Visitor, eventually


@pytest.fixture
def door(stack: Stack) -> Iterator[Door]:
    door = Door(stack.url)
    yield door
    door.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "sessions"


def kept_file(folder: Path) -> Path:
    (found,) = folder.glob("*.json")
    return found


def expire(folder: Path) -> None:
    path = kept_file(folder)
    path.write_text(json.dumps({**json.loads(path.read_text()), "expire_time": 0}))


def works(stack: Stack, token: str) -> bool:
    return Visitor(stack, token).get("/me").status_code == 200


def test_a_session_is_kept_for_its_owner_alone(
    door: Door, folder: Path, learner: Callable[..., Learner]
) -> None:
    somebody = learner()
    kept = KeptSession(door, folder)
    assert kept.token() == ""
    kept.keep(by_password(door, somebody.email, somebody.password))
    assert works(somebody.stack, kept.token())
    for path in (folder, *folder.iterdir()):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0
    tokens = kept.read()
    assert tokens is not None
    assert tokens.access_token not in repr(tokens)
    assert tokens.refresh_token not in repr(tokens)


def test_many_at_once_renew_it_once(
    door: Door, folder: Path, learner: Callable[..., Learner]
) -> None:
    somebody = learner()
    before = KeptSession(door, folder).keep(somebody.session)
    expire(folder)
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: KeptSession(door, folder).token(), range(8)))
    (renewed,) = found
    assert renewed != before.access_token
    assert works(somebody.stack, renewed)
    # Somebody whose token was refused meanwhile gets that one too.
    assert KeptSession(door, folder).renew(before.access_token) == renewed


def test_a_session_that_ended_is_forgotten(
    door: Door, folder: Path, learner: Callable[..., Learner]
) -> None:
    somebody = learner()
    kept = KeptSession(door, folder)
    kept.keep(somebody.session)
    somebody.post("/logout")
    with pytest.raises(AcademyError, match=r"has ended.*stellr mcp login --url http") as told:
        kept.renew(somebody.token)
    assert somebody.refresh_token not in str(told.value)
    assert kept.token() == ""


@pytest.mark.parametrize("expired", [False, True])
def test_signing_out_ends_the_session(
    door: Door, folder: Path, learner: Callable[..., Learner], expired: bool
) -> None:
    somebody = learner()
    kept = KeptSession(door, folder)
    kept.keep(somebody.session)
    if expired:
        expire(folder)
    assert kept.end()
    assert not works(somebody.stack, somebody.token)
    assert not kept.end()


def test_signing_out_forgets_the_session_though_the_academy_is_away(folder: Path) -> None:
    door = Door("http://127.0.0.1:1")
    kept = KeptSession(door, folder)
    user = {"displayName": "Ann"}
    kept.keep({"accessToken": "a", "refreshToken": "r", "expiresIn": 900, "user": user})
    with pytest.raises(AcademyError, match="cannot be reached"):
        kept.end()
    assert kept.read() is None
    door.close()


def test_what_is_no_session_is_told(door: Door, folder: Path) -> None:
    with pytest.raises(AcademyError, match="no session"):
        KeptSession(door, folder).keep({})


def test_a_folder_that_cannot_be_made_is_told(door: Door, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(AcademyError, match="Not a directory"):
        KeptSession(door, tmp_path / "file" / "sessions").end()


def test_a_file_that_is_damaged_is_told_and_replaced(
    door: Door, folder: Path, learner: Callable[..., Learner]
) -> None:
    somebody = learner()
    kept = KeptSession(door, folder)
    kept.keep(somebody.session)
    kept_file(folder).write_text('{"access_token": "x"}')
    with pytest.raises(AcademyError, match=r"\.json cannot be read"):
        kept.token()
    kept.keep(somebody.session)
    assert kept.token() == somebody.token


def test_a_learner_without_a_password_signs_in_by_phone(stack: Stack, door: Door) -> None:
    number = f"+1202{2_000_000 + secrets.randbelow(8_000_000)}"
    session = by_phone(
        door, number, lambda: eventually(lambda: stack.texts(number))[0]["body"].split()[0][:6]
    )
    assert works(stack, session["accessToken"])


def test_a_wrong_password_is_told(door: Door) -> None:
    with pytest.raises(AcademyError, match="INVALID_CREDENTIALS") as told:
        by_password(door, "nobody@learner.example", "not the password")
    assert "not the password" not in str(told.value)


@pytest.mark.parametrize("value", ["two words", "line\nline", "ünlikely"])
def test_what_is_no_token_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("STELLR_TOKEN", value)
    with pytest.raises(AcademyError, match="STELLR_TOKEN is no access token"):
        given_token()
