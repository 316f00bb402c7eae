"""What several statements share."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from services.kit.data.tables import as_uuid

Row = sa.Row[Any]

LIVE = "c.published_at IS NOT NULL AND c.archived_at IS NULL"
# By the id, or by a slug that the course has or had.
REFERENCE = (
    "c.course_id = coalesce(CAST(:course_id AS uuid),"
    " (SELECT known.course_id FROM course_slugs known WHERE known.slug = :slug))"
)
# All but `search`, which may be large.
FACTS = (
    "c.course_id, c.title, c.summary, c.language, c.license, c.authors, c.category_id,"
    " c.capacity,"
    " c.published_at, c.archived_at, c.etag"
)
OWNER_IDS = (
    "ARRAY(SELECT o.user_id FROM course_owners o WHERE o.course_id = c.course_id ORDER BY 1)"
)
TAG_NAMES = (
    "ARRAY(SELECT t.name FROM course_tags ct JOIN tags t USING (tag_id)"
    " WHERE ct.course_id = c.course_id ORDER BY ct.position)"
)


def reference_of(reference: str) -> dict[str, Any]:
    """The values of a REFERENCE: an id or a slug."""
    course_id = as_uuid(reference)
    return {"course_id": course_id, "slug": None if course_id else reference.replace("\0", " ")}
