"""What user keeps of a person."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from services.kit.data.database import Database
from services.user import repository


def export_person(db: Database, user_id: UUID) -> dict[str, Any]:
    """The profile."""
    profile = repository.find_profile(db, user_id)
    return {"profile": profile._asdict() if profile else None}


def erase_person(db: Database, user_id: UUID) -> None:
    """Delete the profile, in the open transaction."""
    repository.delete_profile(db, user_id)
