"""Committing an import: a course is brought to what was planned, and to nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from services.course.bodies import Link, links_of
from services.course.editing import Editing
from services.course.errors import ImportExpired
from services.course.imported import CourseContent, content_of
from services.course.models import Category, Tag
from services.course.repository import authoring, imports, labels, plans
from services.course.repository.common import Row
from services.kit.data.database import Database
from stellr.course.v1 import course_internal_service_pb2 as pb


class Importing:
    """Commits imports."""

    def __init__(self, database: Database, editing: Editing) -> None:
        self._database = database
        self._editing = editing

    def commit(self, request: pb.CommitImportRequest) -> pb.ImportedCourse:
        """Bring a course to what was planned, and publish it; the same answer when asked again.

        ImportExpired where another import was planned meanwhile.
        """
        db, plan_id = self._database.session, UUID(request.plan_id)
        plan = plans.find_plan(db, plan_id)
        course = plan and imports.lock_course(db, plan.course_id)
        # Read again, now that nobody else writes it.
        plan = plans.find_plan(db, plan_id)
        if plan is None or course is None:
            raise ImportExpired
        changed = plan.changed
        if changed is None and course.etag != plan.etag:
            # An author changed the course meanwhile: nobody's work is overwritten unseen.
            raise ImportExpired
        if changed is None:
            links = {UUID(each.lesson_id): links_of(each.links) for each in request.lessons}
            changed = self._bring(db, course, plan, links)
            plans.finish_plan(db, plan_id, changed)
        return pb.ImportedCourse(course_id=str(plan.course_id), changed=changed)

    def _bring(
        self, db: Session, course: Row, plan: plans.Plan, links: Mapping[UUID, Sequence[Link]]
    ) -> bool:
        """Write what differs and publish; whether anything changed."""
        course_id, content = plan.course_id, content_of(_unpack(plan))
        facts = _facts(db, content)
        tags = labels.name_ids(db, Tag, content.tags)
        changes = (
            imports.write_sections(db, course_id, content.sections),
            imports.write_lessons(db, course_id, content.lessons, plan.lesson_ids, links),
            imports.cut_sections(db, course_id, len(content.sections)),
            imports.write_tags(db, course_id, tags),
            any(getattr(course, name) != value for name, value in facts.items()),
            authoring.set_state(self._database, course_id, published=True, archived=False),
        )
        if not any(changes):
            return False
        authoring.update(self._database, course_id, facts)
        self._editing.finish(course_id, content.language)
        return True


def _unpack(plan: plans.Plan) -> pb.CourseContent:
    return pb.CourseContent.FromString(plan.content)


def _facts(db: Session, content: CourseContent) -> dict[str, object]:
    categories = [content.category] if content.category else []
    found = labels.name_ids(db, Category, categories)
    facts: dict[str, object] = {
        "title": content.title,
        "summary": content.summary,
        "language": content.language,
        "license": content.license,
        "authors": list(content.authors),
        "category_id": found[0] if found else None,
    }
    if content.capacity is not None:
        facts["capacity"] = content.capacity or None
    return facts
