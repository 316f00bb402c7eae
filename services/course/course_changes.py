"""What authors change of a course itself: its facts, and whether learners see it."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from services.course import names
from services.course.editing import Editing
from services.course.errors import CourseNotReady, SlugTaken
from services.course.etags import new_etag
from services.course.models import Category, Tag
from services.course.repository import authoring, courses, imports, labels
from services.course.repository.authoring import OwnedCourse
from services.course.repository.catalogue import SummaryRow
from services.course.repository.courses import CourseRow
from services.kit.call import Caller
from services.kit.data.database import Database
from services.kit.data.pages import PageTokens
from services.kit.errors import InvalidFields, Violation
from services.kit.identity.roles import ADMIN
from services.kit.rpc.masks import named_values
from stellr.course.v1 import authoring_service_pb2 as pb

DEFAULT_LANGUAGE = "en"
CLEARABLE = frozenset({"summary", "category", "tags", "authors", "license", "capacity"})
LONGEST_SLUG = 60
# Tried in this order where a title's own slug is taken.
NUMBERED = range(2, 10)
_NEWEST = UUID(int=2**128 - 1)
_NO_LETTER = re.compile(r"[^a-z0-9]+")


class CourseChanges:
    """Creates, updates and publishes courses for whoever may."""

    def __init__(self, database: Database, editing: Editing, page_tokens: PageTokens) -> None:
        self._database = database
        self._editing = editing
        self._page_tokens = page_tokens

    def list(self, caller: Caller, size: int, token: str) -> tuple[Sequence[SummaryRow], str]:
        """A page of the caller's courses in any state, of all courses for an administrator."""
        owner = None if ADMIN in caller.roles else caller.user_id
        scope = f"authored {owner}"
        after = self._page_tokens.read(token, scope)
        before = UUID(after[0]) if after else _NEWEST
        rows = authoring.list_authored(self._database, owner, before, size + 1)
        return self._page_tokens.page(rows, size, scope, lambda row: [str(row.course_id)])

    def create(self, caller: Caller, asked: pb.CourseChange) -> CourseRow:
        """A draft of the caller's. InvalidFields without a title; SlugTaken."""
        if not asked.title:
            raise InvalidFields([Violation("course.title", "is required")])
        language = asked.language or DEFAULT_LANGUAGE
        course_id = self._make(asked, language)
        if caller.user_id:
            authoring.add_owner(self._database, course_id, caller.user_id)
        values = named_values(asked, (), body="course", clearable=CLEARABLE)
        self._write(course_id, {**values, "language": language})
        return self._finish(course_id, language)

    def update(
        self, caller: Caller, reference: str, asked: pb.CourseChange, mask: Sequence[str]
    ) -> CourseRow:
        """Change what is named, or present. EtagStale, SlugTaken; InvalidFields as named_values."""
        course = self._editing.hold(reference, caller, asked.etag)
        values = named_values(asked, mask, body="change", clearable=CLEARABLE | {"etag"})
        slug = values.get("slug", course.slug)
        is_new = slug != course.slug
        if is_new and not authoring.take_slug(self._database, slug, course.course_id):
            raise SlugTaken
        self._write(course.course_id, values)
        return self._finish(course.course_id, values.get("language", course.language))

    def publish(self, caller: Caller, reference: str, etag: str) -> CourseRow:
        """Let learners see a course; CourseNotReady while it has no lesson."""
        course = self._editing.hold(reference, caller, etag)
        if not courses.count_lessons(self._database, course.course_id):
            raise CourseNotReady(metadata={"missing": "lessons"})
        return self._set_state(course, published=True, archived=False)

    def unpublish(self, caller: Caller, reference: str, etag: str) -> CourseRow:
        """Make a course a draft again."""
        course = self._editing.hold(reference, caller, etag)
        return self._set_state(course, published=False, archived=False)

    def archive(self, caller: Caller, reference: str, etag: str) -> CourseRow:
        """Put a course away."""
        course = self._editing.hold(reference, caller, etag)
        published = course.published_at is not None
        return self._set_state(course, published=published, archived=True)

    def _set_state(self, course: OwnedCourse, *, published: bool, archived: bool) -> CourseRow:
        state = {"published": published, "archived": archived}
        if authoring.set_state(self._database, course.course_id, **state):
            return self._finish(course.course_id, course.language)
        return self._read(course.course_id)

    def _make(self, asked: pb.CourseChange, language: str) -> UUID:
        for slug in [asked.slug] if asked.slug else slugs_for(asked.title):
            made = authoring.create(self._database, slug, asked.title, language, new_etag())
            if made:
                return made
        raise SlugTaken

    def _write(self, course_id: UUID, values: dict[str, Any]) -> None:
        if "tags" in values:
            tags = labels.name_ids(self._database.session, Tag, names.distinct(values["tags"]))
            imports.write_tags(self._database.session, course_id, tags)
        authoring.update(self._database, course_id, dict(self._columns(values)))

    def _columns(self, values: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        for name, value in values.items():
            if name == "category":
                wanted = [names.clean(value)] if names.clean(value) else []
                found = labels.name_ids(self._database.session, Category, wanted)
                yield "category_id", found[0] if found else None
            elif name == "capacity":
                yield name, value or None
            elif name == "authors":
                yield name, list(value)
            else:
                yield name, value

    def _finish(self, course_id: UUID, language: str) -> CourseRow:
        self._editing.finish(course_id, language)
        return self._read(course_id)

    def _read(self, course_id: UUID) -> CourseRow:
        found = courses.find_course(self._database, str(course_id))
        assert found is not None
        return found


def slugs_for(title: str) -> Iterator[str]:
    """Slugs for a title, the plainest first; the last one is taken by nobody."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = _NO_LETTER.sub("-", plain).strip("-")[:LONGEST_SLUG].strip("-")
    if words:
        yield words
        yield from (f"{words}-{number}" for number in NUMBERED)
    yield f"{words or 'course'}-{secrets.token_hex(4)}"
