"""Refresh tokens: `session.generation.signature`, rotated at each use (RFC 9700, 4.14.2).

The next token of a session follows from the one before by the server's key, so a client that lost
an answer can be given the same one again, though none is kept.
"""

from __future__ import annotations

import enum
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from services.auth.repository.sessions import SessionRow
from services.kit.data.tables import as_uuid
from services.kit.identity.secrets import Signer
from services.kit.text import trim

# How long after a rotation the token before still gets the one that took its place: the answer was
# lost, or two tabs asked at once.
GRACE = timedelta(seconds=10)
# More digits than any session has rotations.
LONGEST_NUMBER = 9


class RefreshToken(NamedTuple):
    """What a refresh token says of itself."""

    session_id: UUID
    generation: int
    signature: str


class Use(enum.Enum):
    """What presenting a genuine token leads to."""

    ROTATE = "the present token: the next takes its place"
    REPEAT = "the token before, just now: the present one again"
    REPLAY = "an older token, or too late: somebody has a copy"
    ENDED = "the session is over"


def parse(token: str) -> RefreshToken | None:
    """What the token says, outer space disregarded; None where it has not the shape of one."""
    name, number, signature = [*trim(token).split("."), "", "", ""][:3]
    session_id = as_uuid(name)
    if session_id is None or not (number.isascii() and number.isdecimal()):
        return None
    return RefreshToken(session_id, int(number[:LONGEST_NUMBER]), signature)


def sign(signer: Signer, session: SessionRow) -> str:
    """The present token of a session."""
    text = f"{session.session_id}.{session.generation}"
    return f"{text}.{signer.sign(f'{text}.{session.salt}')}"


def is_genuine(signer: Signer, token: RefreshToken, session: SessionRow) -> bool:
    """Whether the token was once given out for the session."""
    text = f"{token.session_id}.{token.generation}.{session.salt}"
    return token.session_id == session.session_id and signer.matches(text, token.signature)


def judge(token: RefreshToken, session: SessionRow, now: datetime) -> Use:
    """What presenting a genuine token of the session leads to."""
    if session.ended_at is not None or session.expires_at <= now:
        return Use.ENDED
    if token.generation == session.generation:
        return Use.ROTATE
    late = session.rotated_at is None or now - session.rotated_at > GRACE
    before = token.generation == session.generation - 1
    return Use.REPEAT if before and not late else Use.REPLAY
