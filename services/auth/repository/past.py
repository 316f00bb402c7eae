"""What is long past."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from services.auth.models import AuditEvent, Budget, KnownDevice, OpenIdUse, Session, Verification
from services.kit.data.database import Database
from services.kit.data.purge import BATCH, batch_of
from services.kit.data.statements import Write, nothing

_LONG_AGO = sa.func.now() - timedelta(days=7)
LONG_PAST = (
    (Verification.__table__, Verification.expires_at < _LONG_AGO),
    (Session.__table__, Session.ended_at < _LONG_AGO),
    (Session.__table__, Session.expires_at < _LONG_AGO),
    (Budget.__table__, Budget.since < sa.func.now() - timedelta(days=1)),
    (AuditEvent.__table__, AuditEvent.occurred_at < sa.func.now() - timedelta(days=365)),
    (KnownDevice.__table__, KnownDevice.last_seen_at < sa.func.now() - timedelta(days=180)),
    (OpenIdUse.__table__, OpenIdUse.expires_at < sa.func.now()),
)
_PURGES = [Write(batch_of(table, condition), nothing) for table, condition in LONG_PAST]


def purge(db: Database) -> bool:
    """Forget a batch of what is long past; whether there may be more of it."""
    return any(db.run(batch) == BATCH for batch in _PURGES)
