"""What certificate keeps of a person: what was issued to them.

A certificate can be verified for ever, also without the person: its serial, course and times stay.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from services.certificate.repository import certificates as repository
from services.kit.data.database import Database
from services.kit.data.pages import every

PAGE = 100
_BEGINNING = UUID(int=0)


def export_person(db: Database, user_id: UUID) -> dict[str, Any]:
    """All certificates of a person. Their PDFs, which say the same, are not in it."""
    return {"certificates": _certificates(db, user_id)}


def erase_person(db: Database, user_id: UUID) -> None:
    """Take the person off the certificates, and delete their PDFs.

    A completion that is told later issues nothing: a new certificate of the person is not taken.
    """
    repository.erase_person(db, user_id)


def _certificates(db: Database, user_id: UUID) -> Iterator[dict[str, Any]]:
    found = every(
        lambda after: repository.list_certificates(db, user_id, after, PAGE),
        _BEGINNING,
        lambda row: row.certificate_id,
    )
    for row in found:
        yield {
            "certificateId": row.certificate_id,
            "serial": row.serial,
            "courseId": row.course_id,
            "courseTitle": row.course_title,
            "learnerName": row.learner_name,
            "issueTime": row.issued_at,
            "issueDay": row.issue_day,
            "timezone": row.timezone,
            "revokeTime": row.revoked_at,
            "revokeReason": row.revoke_reason,
            "replaceTime": row.replaced_at,
        }
