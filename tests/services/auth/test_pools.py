"""RPCs that wait long, for argon2 or the provider, hold nothing meanwhile."""

from collections.abc import Callable

import pytest

from services.auth import service
from services.kit.data.database import Database
from services.kit.rpc.policy import policies
from tests.services.auth.own_auth import built
from tests.support import Stack, Visitor, violations

SERVICES = ("stellr.auth.v1.AuthService", "stellr.auth.v1.AccountService")


def test_who_waits_long_claims_no_key(
    stack: Stack, database_of: Callable[[str], Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime, domain = built(stack, database_of("auth"), monkeypatch)
    runtime.close()
    waiting = {name for registered in domain.servicers for name in registered.pools}
    assert waiting == {*service.HASHING, *service.OPENID, "ChangePassword"}
    declared = {path.rpartition("/")[2]: rpc for path, rpc in policies(SERVICES).items()}
    # A key is claimed in a transaction, which would stay open for the wait.
    assert [name for name in waiting if declared[name].keeps_reply] == []


@pytest.mark.parametrize(
    ("path", "body", "fields"),
    [
        (
            "/register",
            {"email": "a..b@c.example", "password": "12345678", "displayName": "Zoe"},
            {"email", "password"},
        ),
        (
            "/password/reset",
            {"newPassword": "12345678"},
            {"verificationId", "code", "newPassword"},
        ),
        ("/password/reset", {"token": "x", "newPassword": "a long enough password"}, {"token"}),
        ("/verify-email/link", {"token": "x", "password": "a long enough password"}, {"token"}),
        (
            "/verify-email/link",
            {"token": "x", "password": "a long enough password", "setPassword": True},
            {"token"},
        ),
    ],
)
def test_all_that_is_wrong_is_told_at_once_and_where(
    visitor: Visitor, path: str, body: dict[str, object], fields: set[str]
) -> None:
    answer = visitor.post(path, body)
    assert answer.status_code == 400
    assert set(violations(answer)) == fields
