"""The headers that go with a refusal."""

from typing import Any

import pytest

from services.kit.call import Call
from services.kit.errors import (
    DomainError,
    EtagStale,
    RoleRequired,
    SignInRequired,
    TokenExpired,
    TokenInvalid,
)
from services.kit.rpc.refusals import CHALLENGE, REALM, refusal


def told(error: Exception, **values: Any) -> dict[str, str | bytes]:
    return dict(refusal(error, Call("/a/B", **values)).metadata)


@pytest.mark.parametrize(
    ("error", "credentials", "challenge"),
    [
        (SignInRequired(), "", REALM),
        (TokenExpired(), "Bearer x", f'{REALM}, error="invalid_token", error_description="'),
        # Of a token that did not come in this header.
        (TokenInvalid(), "", REALM),
    ],
)
def test_who_is_not_signed_in_is_challenged(
    error: DomainError, credentials: str, challenge: str
) -> None:
    assert str(told(error, credentials=credentials)[CHALLENGE]).startswith(challenge)


def test_who_may_not_is_not_challenged() -> None:
    assert CHALLENGE not in told(RoleRequired())


def test_a_stale_etag_is_a_failed_precondition_where_it_came_in_a_header() -> None:
    asked = refusal(EtagStale(), Call("/a/B", if_match='"1"'))
    assert asked.first == (("x-http-code", "412"),)
    assert refusal(EtagStale(), Call("/a/B")).first == ()
