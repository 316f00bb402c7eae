"""Categories and tags as people list and change them: one shape, two tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from psycopg.errors import UniqueViolation

from services.course.repository.common import LIVE
from services.kit.data.database import Database
from services.kit.data.statements import Statement, Write, nothing, scalar
from services.kit.data.tables import as_uuid


class LabelRow(NamedTuple):
    """A category or a tag, and how many published courses have it."""

    label_id: UUID
    name: str
    slug: str
    course_count: int
    sort_key: str


class Labels:
    """The statements of one of the two tables."""

    def __init__(self, table: str, key: str, courses: str) -> None:
        """`courses` is the FROM and WHERE of all courses that have the label `g`."""
        self.table = table
        count = f"(SELECT count(*) {courses} AND {LIVE})"
        columns = f"g.{key}, g.name, g.slug, {count}, lower(g.name)"
        self._list = Statement(
            f"""
            SELECT {columns} FROM {table} g
            WHERE (lower(g.name), g.{key}) > (:after_name, CAST(:after_id AS uuid))
            ORDER BY lower(g.name), g.{key} LIMIT :limit
            """,
            LabelRow,
        )
        self._create = Write(
            f"""
            INSERT INTO {table} AS g (name, slug) VALUES (:name, :slug)
            ON CONFLICT DO NOTHING RETURNING {columns}
            """,
            LabelRow,
        )
        self._rename = Write(
            f"""
            UPDATE {table} g SET name = :name WHERE g.{key} = CAST(:id AS uuid) OR g.slug = :slug
            RETURNING {columns}
            """,
            LabelRow,
        )
        self._find = Statement(
            f"SELECT {columns} FROM {table} g WHERE g.{key} = CAST(:id AS uuid) OR g.slug = :slug",
            LabelRow,
        )
        self._hold = Write(
            f"""
            SELECT g.{key} FROM {table} g
            WHERE g.{key} = CAST(:id AS uuid) OR g.slug = :slug FOR UPDATE
            """,
            scalar,
        )
        self._delete = Write(
            f"DELETE FROM {table} g WHERE g.{key} = :id AND NOT EXISTS (SELECT {courses})", nothing
        )

        self._courses = Statement(
            f"SELECT (SELECT array_agg(c.course_id) {courses}) FROM {table} g WHERE g.{key} = :id",
            lambda found: found or [],
        )

    def courses(self, db: Database, label_id: UUID) -> Sequence[UUID]:
        """The courses that have a label."""
        return db.first(self._courses, id=label_id) or []

    def list(self, db: Database, after: tuple[str, UUID] | None, limit: int) -> Sequence[LabelRow]:
        """The labels behind one, by name."""
        name, label_id = after or ("", UUID(int=0))
        return db.all(self._list, after_name=name, after_id=label_id, limit=limit)

    def create(self, db: Database, name: str, slug: str) -> LabelRow | None:
        """A new label; None where its name or slug is taken."""
        return db.first(self._create, name=name, slug=slug)

    def rename(self, db: Database, reference: str, name: str) -> LabelRow | None:
        """The label under its new name; None where there is none, or the name is taken, which ends
        the transaction."""
        try:
            return db.first(self._rename, name=name, **_reference(reference))
        except UniqueViolation:
            return None

    def find(self, db: Database, reference: str) -> LabelRow | None:
        """The label of an id or a slug, or None."""
        return db.first(self._find, **_reference(reference))

    def hold(self, db: Database, reference: str) -> UUID | None:
        """The id of a label that no course is given until the end of the transaction, or None."""
        return db.first(self._hold, **_reference(reference))

    def delete(self, db: Database, label_id: UUID) -> bool:
        """Delete a label that is held; False where courses have it."""
        return db.run(self._delete, id=label_id) > 0


CATEGORIES = Labels(
    "categories", "category_id", "FROM courses c WHERE c.category_id = g.category_id"
)
TAGS = Labels(
    "tags",
    "tag_id",
    "FROM course_tags ct JOIN courses c USING (course_id) WHERE ct.tag_id = g.tag_id",
)


def _reference(reference: str) -> dict[str, UUID | str | None]:
    label_id = as_uuid(reference)
    return {"id": label_id, "slug": None if label_id else reference.replace("\0", " ")}
