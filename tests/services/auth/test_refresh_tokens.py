from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from services.auth import refresh_tokens
from services.auth.refresh_tokens import GRACE, RefreshToken, Use
from services.auth.repository.sessions import SessionRow
from services.kit.identity.secrets import Signer

SIGNER = Signer(b"s" * 32, "auth:refresh-token")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def session(
    generation: int = 1,
    rotated: timedelta | None = None,
    *,
    ended_at: datetime | None = None,
    expires_at: datetime = NOW + SECOND,
) -> SessionRow:
    rotated_at = None if rotated is None else NOW - rotated
    return SessionRow(uuid4(), uuid4(), "pepper", generation, rotated_at, expires_at, ended_at)


def use(generation: int, of: SessionRow) -> Use:
    return refresh_tokens.judge(RefreshToken(of.session_id, generation, ""), of, NOW)


def test_a_token_can_be_read_and_is_genuine_for_its_session_alone() -> None:
    one, other = session(3), session(3)
    token = refresh_tokens.sign(SIGNER, one)
    found = refresh_tokens.parse(f" {token}\r\n")
    assert found is not None
    assert (found.session_id, found.generation) == (one.session_id, 3)
    assert refresh_tokens.is_genuine(SIGNER, found, one)
    assert not refresh_tokens.is_genuine(SIGNER, found, other)
    assert not refresh_tokens.is_genuine(SIGNER, found._replace(generation=4), one)
    assert not refresh_tokens.is_genuine(Signer(b"t" * 32, "auth:refresh-token"), found, one)


def test_the_next_token_follows_from_the_session_and_the_key() -> None:
    one = session(1)
    before = refresh_tokens.sign(SIGNER, one)
    rotated = one._replace(generation=2, rotated_at=NOW)
    assert refresh_tokens.sign(SIGNER, rotated) != before
    assert refresh_tokens.sign(SIGNER, rotated) == refresh_tokens.sign(SIGNER, rotated)


@pytest.mark.parametrize(
    "text", ["", "x", "..", f"{UUID(int=7)}..x", f"{UUID(int=7)}.\u0661.x", "\u00e9.1.\u00fc"]
)
def test_what_has_not_the_shape_of_a_token_is_none(text: str) -> None:
    assert refresh_tokens.parse(text) is None


def test_the_present_token_rotates() -> None:
    assert use(1, session(1)) is Use.ROTATE
    assert use(3, session(3, SECOND)) is Use.ROTATE


@pytest.mark.parametrize("since", [timedelta(0), SECOND, GRACE])
def test_the_token_before_is_good_for_a_while(since: timedelta) -> None:
    assert use(2, session(3, since)) is Use.REPEAT


def test_an_old_token_is_a_replay() -> None:
    assert use(2, session(3, GRACE + SECOND)) is Use.REPLAY
    assert use(1, session(3, SECOND)) is Use.REPLAY


def test_of_a_session_that_is_over_no_token_is_good() -> None:
    for over in (session(ended_at=NOW), session(expires_at=NOW)):
        assert use(1, over) is Use.ENDED
    assert use(1, session(2, SECOND, ended_at=NOW)) is Use.ENDED
