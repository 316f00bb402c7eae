import time
from uuid import uuid4

import pytest

from services.kit.errors import RevocationsUnavailable, SessionEnded, TokenStale
from services.kit.identity.revocations import Revocations
from services.kit.identity.tokens import AccessToken


class Feed:
    """Heard at a time."""

    def __init__(self, known_at: float) -> None:
        self.known_at = known_at


def token(version: int = 1) -> AccessToken:
    return AccessToken(uuid4(), uuid4(), frozenset(), version, time.time() + 60)


def test_a_session_that_ended_is_known_and_no_other() -> None:
    revocations, one, other = Revocations(), token(), token()
    revocations.end_session(one.session_id)
    revocations.check(other)
    with pytest.raises(SessionEnded):
        revocations.check(one)


def test_tokens_of_earlier_versions_are_stale_whatever_the_order() -> None:
    revocations, one = Revocations(), token(version=2)
    for version in (3, 2):
        revocations.change_account(one.user_id, version)
        with pytest.raises(TokenStale):
            revocations.check(one)


def test_who_has_not_heard_for_too_long_does_not_know() -> None:
    revocations = Revocations()
    revocations.known_by(Feed(time.monotonic() - 29))
    revocations.check_known()
    revocations.known_by(Feed(time.monotonic() - 31))
    with pytest.raises(RevocationsUnavailable):
        revocations.check_known()
    revocations.known_by(Feed(float("-inf")))
    with pytest.raises(RevocationsUnavailable):
        revocations.check_known()
