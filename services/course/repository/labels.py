"""Categories and tags."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, repeat
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session as Db

from services.course import names
from services.course.models import Category, Tag

# Who makes names does so alone, or two could wait for each other's.
_LOCK_NAMES = sa.text("SELECT pg_advisory_xact_lock(hashtext('course:names'))")
# Whoever deletes a label waits for those who give it to a course.
_FIND_NAMES = """
SELECT asked.name, {key} AS id FROM unnest(CAST(:names AS text[])) AS asked (name)
JOIN {table} known ON lower(known.name) = lower(asked.name) FOR KEY SHARE OF known
"""
_MAKE_NAMES = """
INSERT INTO {table} (name, slug)
SELECT * FROM unnest(CAST(:names AS text[]), CAST(:slugs AS text[])) ON CONFLICT DO NOTHING
"""


def name_ids(db: Db, kind: type[Category] | type[Tag], wanted: Sequence[str]) -> list[UUID]:
    """The ids of categories or tags, in order, made where there is none of that name.

    None of them is deleted before the end of the transaction.
    """
    table = {"table": kind.__tablename__, "key": "tag_id" if kind is Tag else "category_id"}
    find, make = (sa.text(text.format(**table)) for text in (_FIND_NAMES, _MAKE_NAMES))
    found = _find_names(db, find, wanted)
    # The last for as long as one that was there is deleted before it is found.
    spellings = chain(names.SPELLINGS, repeat(names.new_slug))
    while missing := [name for name in wanted if name not in found]:
        db.execute(_LOCK_NAMES)
        db.execute(make, {"names": missing, "slugs": list(map(next(spellings), missing))})
        found |= _find_names(db, find, missing)
    return list(dict.fromkeys(found[name] for name in wanted))


def _find_names(db: Db, find: sa.TextClause, wanted: Sequence[str]) -> dict[str, UUID]:
    if not wanted:
        return {}
    return {row.name: row.id for row in db.execute(find, {"names": list(wanted)})}
