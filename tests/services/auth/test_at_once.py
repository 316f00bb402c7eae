"""Two who change one account at once: neither is lost, and neither waits for ever."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
import sqlalchemy as sa

from services.auth.models import Account, Session
from services.auth.repository.accounts import (
    NewAccount,
    create_account,
    find_account_by_email,
    hold_account,
    set_email,
)
from services.auth.repository.sessions import end_sessions_of
from services.auth.repository.standing import set_roles
from services.auth.service import Auth
from services.kit.data.database import Database
from services.kit.errors import Conflict
from services.kit.identity.roles import LEARNER
from tests.services.auth.own_auth import own_auth, parts, reason_of
from tests.support import Stack

EMAIL = "ann@learner.example"


@pytest.fixture
def database(database_of: Callable[[str], Database]) -> Database:
    return database_of("auth")


@pytest.fixture
def auth(stack: Stack, database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Auth]:
    with parts(stack, database, monkeypatch) as found:
        yield found


class Behind(threading.Thread):
    """What somebody does who has to wait for us: what it ended in."""

    def __init__(self, work: Callable[[], Any]) -> None:
        super().__init__()
        self._work = work
        self.ended: Any = None
        self.start()
        self.join(0.5)

    def run(self) -> None:
        try:
            self.ended = self._work()
        except Exception as error:
            self.ended = error

    def end(self) -> Any:
        self.join(10)
        return self.ended


def account(database: Database, email: str = EMAIL) -> Any:
    with database.transaction():
        return create_account(database, NewAccount(email, None, "Ann", "en"), [LEARNER])


@pytest.mark.parametrize(
    ("change", "before", "left"),
    [
        ("grant", ["learner"], ["admin", "author", "learner"]),
        ("revoke", ["author", "learner"], ["admin", "learner"]),
    ],
)
def test_two_changes_of_roles_at_once_both_count(
    auth: Auth, database: Database, change: str, before: list[str], left: list[str]
) -> None:
    person = account(database)
    with database.transaction():
        set_roles(database, person.account_id, before)

    def other() -> None:
        with auth.standing._database.transaction():
            getattr(auth.standing, change)(EMAIL, "author")

    with database.transaction():
        hold_account(database, person.account_id)
        waits = Behind(other)
        set_roles(database, person.account_id, ["admin", *before])
    assert waits.end() is None
    with database.transaction():
        found = find_account_by_email(database, EMAIL)
    assert found is not None
    assert found.roles == left


def test_a_refresh_and_the_end_of_all_sessions_do_not_wait_for_each_other(
    stack: Stack, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with own_auth(stack, database, monkeypatch) as serving:
        serving.account(EMAIL)
        session = serving.log_in(EMAIL)
        with database.transaction():
            person = find_account_by_email(database, EMAIL)
            assert person is not None
            hold_account(database, person.account_id)
            waits = Behind(lambda: serving.refresh(session))
            assert len(end_sessions_of(database, person.account_id)) == 1
        error = waits.end()
    assert isinstance(error, grpc.RpcError)
    assert reason_of(error) == "REFRESH_TOKEN_INVALID"


def test_who_takes_an_address_at_the_same_moment_is_told_to_try_again(database: Database) -> None:
    one, other = account(database), account(database, "bob@learner.example")

    def take() -> None:
        with database.transaction():
            set_email(database, other.account_id, "new@learner.example")

    with database.transaction():
        set_email(database, one.account_id, "new@learner.example")
        waits = Behind(take)
    assert isinstance(waits.end(), Conflict)


def test_who_is_erased_when_the_time_is_over_is_signed_out(auth: Auth, database: Database) -> None:
    person, long_ago = account(database), datetime.now(UTC) - timedelta(days=31)
    with database.transaction() as unit:
        later = datetime.now(UTC) + timedelta(days=1)
        session = Session(
            account_id=person.account_id, salt="", device="", address="", expires_at=later
        )
        unit.session.add(session)
        unit.session.flush()
        session_id = str(session.session_id)
        unit.session.execute(sa.update(Account).values(deleted_at=long_ago, state="deleted"))
    with auth.standing._database.transaction() as unit:
        assert auth.standing.erase_due()
        told = unit.session.execute(sa.text("SELECT kind, payload FROM events")).all()
    ended = [bytes(payload) for kind, payload in told if kind.endswith("SessionEnded")]
    assert len(ended) == 1
    assert session_id.encode() in ended[0]
