"""What media keeps of a person: what they watched, and what they are uploading.

A file that became a medium is its course's; nothing says who brought it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from services.kit.data.database import Database
from services.kit.data.pages import every
from services.media.repository import uploads, views

PAGE = 500
_BEGINNING = UUID(int=0)


def export_person(db: Database, user_id: UUID) -> dict[str, Any]:
    """All of it."""
    return {"views": _views(db, user_id), "uploads": _uploads(db, user_id)}


def erase_person(db: Database, user_id: UUID) -> None:
    """Delete it. The bytes of what they were uploading go with the next sweeps."""
    views.erase_views(db, user_id)
    uploads.erase_uploads(db, user_id)


def _views(db: Database, user_id: UUID) -> Iterator[dict[str, Any]]:
    found = every(
        lambda after: views.export_views(db, user_id, after, PAGE),
        _BEGINNING,
        lambda row: row.media_id,
    )
    for row in found:
        yield {
            "mediaId": row.media_id,
            "lessonId": row.lesson_id,
            "title": row.title,
            "views": row.views,
            "positionSeconds": row.position_seconds,
            "firstTime": row.first_at,
            "lastTime": row.last_at,
        }


def _uploads(db: Database, user_id: UUID) -> Iterator[dict[str, Any]]:
    found = every(
        lambda after: uploads.export_uploads(db, user_id, after, PAGE),
        _BEGINNING,
        lambda row: row.upload_id,
    )
    for row in found:
        yield {
            "uploadId": row.upload_id,
            "lessonId": row.lesson_id,
            "fileName": row.file_name,
            "mimeType": row.mime_type,
            "sizeBytes": row.size_bytes,
            "createTime": row.created_at,
        }
