"""Profiles while their account changes, or goes."""

import threading
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.kit.data.database import Database
from services.user import repository
from services.user.errors import UserNotFound
from services.user.profiles import Profiles
from stellr.auth.v1.account_pb2 import Account, AccountState
from stellr.auth.v1.events_pb2 import AccountChanged, AddressesChanged
from stellr.auth.v1.sign_in_pb2 import User

OLD = "old@learner.example"
NEW = AddressesChanged(email="new@learner.example", phone="+12025550143")
DISABLED = AccountChanged(version=2, state=AccountState.ACCOUNT_STATE_DISABLED)


class Accounts:
    """Tells of an account, which changes before the answer arrives."""

    def __init__(self) -> None:
        self.meanwhile: Callable[[], None] = lambda: None
        self._followers: list[threading.Thread] = []

    def GetAccount(self, request: Any) -> Account:
        follower = threading.Thread(target=self.meanwhile)
        self._followers.append(follower)
        follower.start()
        follower.join(0.5)
        user = User(user_id=request.user_id, email=OLD, display_name="Ann")
        return Account(user=user, locale="en", state=AccountState.ACCOUNT_STATE_ACTIVE)

    def settle(self) -> None:
        """Wait until what happened meanwhile is dealt with."""
        for follower in self._followers:
            follower.join(10)


@pytest.fixture
def database(database_of: Callable[[str], Database]) -> Database:
    return database_of("user")


@pytest.fixture
def accounts() -> Accounts:
    return Accounts()


@pytest.fixture
def profiles(database: Database, accounts: Accounts) -> Profiles:
    tell: Any = lambda _: None  # noqa: E731 - a delivery
    stub: Any = accounts
    return Profiles(database, stub, set_contact=tell, update_account=tell)


def dealt_with(database: Database, follow: Callable[[Any], None], event: Any, user: UUID) -> None:
    event.user_id = str(user)
    with database.transaction():
        follow(event)


def test_what_changes_while_a_profile_begins_is_in_it(
    database: Database, accounts: Accounts, profiles: Profiles
) -> None:
    person = uuid4()

    def change() -> None:
        dealt_with(database, profiles.follow_addresses, NEW, person)
        dealt_with(database, profiles.follow_state, DISABLED, person)

    accounts.meanwhile = change
    profiles.get(person)
    accounts.settle()
    found = profiles.get(person)
    assert (found.email, found.phone, found.state) == (NEW.email, NEW.phone, "disabled")


def test_who_is_erased_while_they_change_something_is_not_found(
    database: Database, profiles: Profiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = uuid4()
    profiles.get(person)
    update = repository.update_profile

    def erased_before(db: Database, user_id: UUID, values: Any) -> Any:
        repository.delete_profile(db, user_id)
        return update(db, user_id, values)

    monkeypatch.setattr(repository, "update_profile", erased_before)
    with pytest.raises(UserNotFound), database.transaction():
        profiles.change(person, {"bio": "Hi"})
