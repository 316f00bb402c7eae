"""Who is over a limit, and whom that concerns."""

from collections.abc import Callable, Iterator

import pytest

from services.kit.data.database import Database
from tests.services.auth.own_auth import OwnAuth, own_auth, reason_of, refused, within_a_minute
from tests.support import Stack

EMAIL = "ann@learner.example"
ATTACKER, OWNER = "198.51.100.7", "192.0.2.1"


@pytest.fixture
def auth(
    stack: Stack, database_of: Callable[[str], Database], monkeypatch: pytest.MonkeyPatch
) -> Iterator[OwnAuth]:
    """Where an address may log in five times a minute, and an account too."""
    few = {"limit_login_address": "5", "limit_login_account": "5", "limit_refresh_address": "3"}
    with own_auth(stack, database_of("auth"), monkeypatch, **few) as running:
        running.account(EMAIL)
        within_a_minute()
        yield running


def test_an_address_over_its_limit_spends_nobodys_logins(auth: OwnAuth) -> None:
    for number in range(5):
        assert attempt(auth, f"nobody{number}@learner.example", ATTACKER) == "INVALID_CREDENTIALS"
    for _ in range(20):
        assert attempt(auth, EMAIL, ATTACKER) == "RATE_LIMITED"
    assert auth.log_in(EMAIL, address=OWNER).user.email == EMAIL


def test_an_account_has_its_limit_from_wherever(auth: OwnAuth) -> None:
    for number in range(5):
        assert attempt(auth, EMAIL.upper(), f"198.51.100.{number}") == "INVALID_CREDENTIALS"
    for spelling in (f" {EMAIL}", f"{EMAIL}\u200b", f"\ufeff\u200b{EMAIL.title()}\u2060"):
        assert attempt(auth, spelling, "198.51.100.99") == "RATE_LIMITED"


def test_of_ipv6_a_network_is_one_address(auth: OwnAuth) -> None:
    for number in range(5):
        attempt(auth, f"nobody{number}@learner.example", f"2001:db8::{number}")
    assert attempt(auth, EMAIL, "2001:db8::ffff:1") == "RATE_LIMITED"
    assert attempt(auth, EMAIL, "2001:db8:0:1::1") == "INVALID_CREDENTIALS"


def test_refreshing_has_a_limit_by_address(auth: OwnAuth) -> None:
    session = auth.log_in(EMAIL)
    for _ in range(3):
        session = auth.refresh(session, ATTACKER)
    error = refused(lambda: auth.refresh(session, ATTACKER))
    assert reason_of(error) == "RATE_LIMITED"
    assert int(dict(error.trailing_metadata())["retry-after"]) >= 1
    assert auth.refresh(session, OWNER).user.email == EMAIL


def attempt(auth: OwnAuth, email: str, address: str) -> str:
    """The reason why a login with a wrong password is refused."""
    return reason_of(refused(lambda: auth.log_in(email, "wrong", address)))
