"""Whose account an identity belongs to, where the provider does not speak for its address."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from services.auth.models import Account, Credential, Purpose
from services.auth.openid.errors import OpenIdAddressTaken
from services.auth.openid.id_token import GOOGLE, Identity
from services.auth.openid.linking import Linking, _locale, _name
from services.auth.repository.accounts import AccountRow
from services.auth.repository.verifications import count_guess
from services.auth.service import Auth
from services.kit.data.database import Database
from tests.services.auth.own_auth import make_account, parts
from tests.support import Stack

EMAIL = "ann@school.example"


@pytest.fixture
def database(database_of: Callable[[str], Database]) -> Database:
    return database_of("auth")


@pytest.fixture
def auth(stack: Stack, database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Auth]:
    with parts(stack, database, monkeypatch) as built:
        yield built


@pytest.fixture
def linking(auth: Auth) -> Linking:
    return auth.linking


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


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        *((blank, "Learner") for blank in "\u115f\u1160\u2800\u3164\uffa0\U0001d159"),
        ("\u3164 \u2800", "Learner"),
        ("\u3164Zoe", "\u3164Zoe"),
        ("x" * 99 + " y", "x" * 99),
        ("x" * 101, "x" * 100),
    ],
)
def test_a_name_of_the_provider_is_one_that_can_be_seen(given: str, kept: str) -> None:
    assert _name(given) == kept


@pytest.mark.parametrize(("given", "kept"), [("pt_BR", "pt-BR"), ("de", "de"), ("x y", "en")])
def test_a_locale_of_the_provider_has_hyphens(given: str, kept: str) -> None:
    assert _locale(given) == kept


def test_a_link_that_ends_with_its_address_is_told_to_the_new_one(
    auth: Auth, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent, new = list[dict[str, Any]](), "new@school.example"
    person = account_of(auth.linking, database, of_google("1", speaks=True)).account_id
    monkeypatch.setattr(auth._mails, "_send", lambda *_, **message: sent.append(message))
    with database.transaction():
        begun = auth._changes.start_email(person, new)
        found = count_guess(database, begun.verification_id, [Purpose.CHANGE_EMAIL], 5)
        assert found is not None
        auth._changes.finish(found)
        # With nothing left, a password can be set by the new address.
        auth._password_reset().start(new)
    told = [message for message in sent if "credentials_changed" in message]
    assert [message["address"].email for message in told] == [new]
    changed = told[0]["credentials_changed"]
    assert (changed.change, changed.method, changed.issuer) == ("removed", "openid", GOOGLE)
    assert [message["address"].email for message in sent if "verification_code" in message] == [
        new,
        new,
    ]
