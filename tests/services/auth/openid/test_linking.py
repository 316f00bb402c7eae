"""Whose account an identity belongs to, where the provider does not speak for its address."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from services.auth.models import Account, Credential
from services.auth.openid.errors import OpenIdAddressTaken
from services.auth.openid.id_token import GOOGLE, Identity
from services.auth.openid.linking import Linking
from services.auth.repository.accounts import AccountRow
from services.auth.service import SERVICE, Auth
from services.kit.data.database import Database
from tests.services.auth.own_auth import make_account
from tests.services.in_process import runtime_of
from tests.support import Stack

EMAIL = "ann@school.example"


@pytest.fixture
def database(database_of: Callable[[str], Database]) -> Database:
    return database_of("auth")


@pytest.fixture
def linking(stack: Stack, database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Linking]:
    runtime = runtime_of(SERVICE, stack, database, monkeypatch)
    yield Auth(runtime).linking
    runtime.close()


def of_google(subject: str, *, speaks: bool, email: str = EMAIL) -> Identity:
    return Identity(GOOGLE, subject, email, speaks, "Zoe", "en", 0)


def account_of(linking: Linking, database: Database, identity: Identity) -> AccountRow:
    with database.transaction():
        return linking.account_of(identity)


def test_an_account_is_not_given_to_who_had_its_address_once(
    linking: Linking, database: Database
) -> None:
    owner = make_account(database, EMAIL)
    with pytest.raises(OpenIdAddressTaken, match="sign in by e-mail"):
        account_of(linking, database, of_google("1", speaks=False))
    with database.transaction() as unit:
        kinds = unit.session.scalars(sa.select(Credential.kind)).all()
    assert kinds == ["password"]
    assert account_of(linking, database, of_google("2", speaks=True)).account_id == owner


def test_who_had_an_address_once_does_not_have_it_here(
    linking: Linking, database: Database
) -> None:
    first, again = (account_of(linking, database, of_google("1", speaks=False)) for _ in range(2))
    assert first == again
    assert first.email is None
    # Its owner comes later and finds it free.
    owner = account_of(linking, database, of_google("2", speaks=True))
    assert (owner.email, owner.account_id != first.account_id) == (EMAIL, True)
    with database.transaction() as unit:
        assert len(unit.session.scalars(sa.select(Account)).all()) == 2
