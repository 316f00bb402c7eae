"""What persons have switched."""

from __future__ import annotations

import json
from datetime import time
from typing import NamedTuple
from uuid import UUID

from services.kit.data.database import Database
from services.kit.data.statements import Statement, Write
from stellr.notification.v1.preferences_pb2 import Digest


class KeptPreferences(NamedTuple):
    """What a person has switched; what was never touched is not in it."""

    switches: dict[str, bool]
    quiet_start: time | None = None
    quiet_end: time | None = None
    digest: Digest.ValueType = Digest.DIGEST_UNSPECIFIED


_PREFERENCES = "switches, quiet_start, quiet_end, digest"
_FIND_PREFERENCES = Statement(
    f"SELECT {_PREFERENCES} FROM preferences WHERE user_id = :user_id", KeptPreferences
)
_UPDATE_PREFERENCES = Write(
    f"""
    INSERT INTO preferences AS kept (user_id, {_PREFERENCES})
    VALUES (:user_id, CAST(:switches AS jsonb), CAST(:quiet_start AS time),
        CAST(:quiet_end AS time), coalesce(CAST(:digest AS smallint), 0))
    ON CONFLICT (user_id) DO UPDATE SET
        switches = (kept.switches - CAST(:resets AS text[])) || excluded.switches,
        quiet_start = CASE WHEN :sets_quiet THEN excluded.quiet_start ELSE kept.quiet_start END,
        quiet_end = CASE WHEN :sets_quiet THEN excluded.quiet_end ELSE kept.quiet_end END,
        digest = coalesce(CAST(:digest AS smallint), kept.digest)
    RETURNING {_PREFERENCES}
    """,
    KeptPreferences,
)


class PreferencesChange(NamedTuple):
    """What changes: `switches` to these values, `resets` to their defaults, the quiet hours if
    `sets_quiet` (None: there are none any more), `digest` unless it is None."""

    switches: dict[str, bool]
    resets: list[str]
    sets_quiet: bool
    quiet_start: str | None
    quiet_end: str | None
    digest: int | None


def find_preferences(db: Database, user_id: UUID) -> KeptPreferences:
    """What the person has switched."""
    return db.first(_FIND_PREFERENCES, user_id=user_id) or KeptPreferences({})


def update_preferences(db: Database, user_id: UUID, change: PreferencesChange) -> KeptPreferences:
    """Change only what is named, so that changes of others at the same time stay."""
    values = {**change._asdict(), "switches": json.dumps(change.switches)}
    return db.one(_UPDATE_PREFERENCES, user_id=user_id, **values)
