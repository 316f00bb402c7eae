"""What authors change of a course's outline: its sections and its lessons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import islice
from typing import Any
from uuid import UUID

from services.clients.errors import LessonNotFound
from services.clients.ownership import check_owner
from services.course import names
from services.course.bodies import Link, carry_over
from services.course.editing import Editing
from services.course.errors import SectionInUse, SectionNotFound
from services.course.etags import new_etag
from services.course.imported import MOST_LESSONS
from services.course.repository import courses, lessons, outlines
from services.course.repository.authoring import OwnedCourse
from services.course.repository.courses import CourseRow
from services.course.repository.lessons import LessonRow
from services.course.repository.outlines import SectionRow
from services.kit.call import Caller
from services.kit.data.database import Database
from services.kit.data.tables import as_uuid
from services.kit.errors import InvalidFields, Violation
from services.kit.rpc.etags import check_etag
from services.kit.rpc.masks import named_values
from stellr.course.v1 import authoring_service_pb2 as pb

MOST_SECTIONS = 200
FIRST_SECTION = "Lessons"
NEW_LESSON = {"body": "", "minutes": 0, "preview": False}


class OutlineChanges:
    """Changes sections and lessons for whoever may change their course."""

    def __init__(self, database: Database, editing: Editing) -> None:
        self._database = database
        self._editing = editing

    # Sections

    def create_section(self, caller: Caller, reference: str, title: str) -> UUID:
        """A section behind the others; its id."""
        course = self._editing.hold(reference, caller)
        if len(outlines.list_sections(self._database, course.course_id)) >= MOST_SECTIONS:
            raise InvalidFields([Violation("section", f"a course has at most {MOST_SECTIONS}")])
        section_id = outlines.add_section(self._database, course.course_id, title)
        self._finish(course)
        return section_id

    def update_section(self, caller: Caller, section_id: str, title: str) -> SectionRow:
        """Give a section another title; SectionNotFound."""
        course, found = self._editing.hold_of_section(section_id, caller)
        outlines.title_section(self._database, found, title)
        self._finish(course)
        return self._section(course, found)

    def delete_section(self, caller: Caller, section_id: str) -> None:
        """Delete a section that has no lessons; SectionNotFound, SectionInUse."""
        course, found = self._editing.hold_of_section(section_id, caller)
        if self._section(course, found).lesson_ids:
            raise SectionInUse
        outlines.delete_section(self._database, found)
        self._finish(course)

    # Lessons

    def create_lesson(self, caller: Caller, reference: str, asked: pb.LessonChange) -> LessonRow:
        """A lesson at the end of a section; InvalidFields without a title; SectionNotFound."""
        course = self._editing.hold(reference, caller)
        values: dict[str, Any] = NEW_LESSON | named_values(asked, (), body="lesson")
        self._check_new(course, asked)
        values.pop("etag", None)
        section_id = self._place(course, values.pop("section_id", ""))
        lesson_id = outlines.add_lesson(self._database, course.course_id, section_id, values)
        path = f"lessons/{names.slug(asked.title)[:60]}-{lesson_id.hex[-8:]}.md"
        outlines.name_lesson(self._database, lesson_id, path)
        return self._finish_lesson(course, lesson_id)

    def update_lesson(
        self, caller: Caller, lesson_id: str, asked: pb.LessonChange, mask: Sequence[str]
    ) -> LessonRow:
        """Change what is named, or present; LessonNotFound, SectionNotFound, EtagStale."""
        course, found = self._editing.hold_of_lesson(lesson_id, caller)
        values = named_values(asked, mask, body="lesson", clearable={"body", "minutes", "etag"})
        known = self._lesson(found)
        values.pop("etag", None)
        check_etag(asked.etag, known.etag)
        if "section_id" in values:
            values["section_id"] = self._place(course, values["section_id"])
        if "body" in values:
            links = [Link(*link) for link in known.links]
            values["links"] = carry_over(known.body, links, values["body"])
        outlines.update_lesson(self._database, found, values, new_etag())
        return self._finish_lesson(course, found)

    def delete_lesson(self, caller: Caller, lesson_id: str, etag: str) -> None:
        """Take a lesson out of its course; LessonNotFound, EtagStale."""
        course, found = self._editing.hold_of_lesson(lesson_id, caller)
        check_etag(etag, self._lesson(found).etag)
        outlines.archive_lesson(self._database, found)
        self._finish(course)

    def read_lesson(self, caller: Caller, lesson_id: str) -> LessonRow:
        """A lesson, to whoever may change it; LessonNotFound, NotYourCourse."""
        found = as_uuid(lesson_id)
        row = found and lessons.read_lesson(self._database, found)
        if not row:
            raise LessonNotFound
        check_owner(row.owner_ids, caller, is_live=row.is_live, unseen=LessonNotFound)
        return row

    def set_quiz(self, lesson_id: UUID, has_quiz: bool) -> None:
        """Say whether a lesson has a quiz; LessonNotFound."""
        course = self._editing.hold_any_of_lesson(lesson_id)
        if outlines.set_quiz(self._database, lesson_id, has_quiz):
            self._editing.finish(course.course_id, course.language)

    def reorder(self, caller: Caller, request: pb.ReorderLessonsRequest) -> CourseRow:
        """Bring the lessons into another order; InvalidFields unless each is there once."""
        course = self._editing.hold(request.course, caller, request.etag)
        known = outlines.list_sections(self._database, course.course_id)
        outlines.reorder(self._database, course.course_id, _order(request, known))
        self._finish(course)
        found = courses.find_course(self._database, str(course.course_id))
        assert found is not None
        return found

    # Helpers

    def _check_new(self, course: OwnedCourse, asked: pb.LessonChange) -> None:
        violations = []
        if not asked.title:
            violations.append(Violation("lesson.title", "is required"))
        if courses.count_lessons(self._database, course.course_id) >= MOST_LESSONS:
            violations.append(Violation("lesson", f"a course has at most {MOST_LESSONS}"))
        if violations:
            raise InvalidFields(violations)

    def _place(self, course: OwnedCourse, section_id: str) -> UUID:
        """A section of the course: the one asked for, or the first, made where there is none."""
        known = outlines.list_sections(self._database, course.course_id)
        if not section_id:
            first = known[0].section_id if known else None
            return first or outlines.add_section(self._database, course.course_id, FIRST_SECTION)
        found = as_uuid(section_id)
        if found is None or found not in {section.section_id for section in known}:
            raise SectionNotFound
        return found

    def _section(self, course: OwnedCourse, section_id: UUID) -> SectionRow:
        known = outlines.list_sections(self._database, course.course_id)
        return next(section for section in known if section.section_id == section_id)

    def _lesson(self, lesson_id: UUID) -> LessonRow:
        found = lessons.read_lesson(self._database, lesson_id)
        assert found is not None
        return found

    def _finish_lesson(self, course: OwnedCourse, lesson_id: UUID) -> LessonRow:
        self._finish(course)
        return self._lesson(lesson_id)

    def _finish(self, course: OwnedCourse) -> None:
        outlines.count_anew(self._database, course.course_id)
        self._editing.finish(course.course_id, course.language)


def _order(
    request: pb.ReorderLessonsRequest, known: Sequence[SectionRow]
) -> list[tuple[UUID, list[UUID]]]:
    """Each section with its lessons, in the order asked for."""
    if request.sections:
        asked = [(UUID(s.section_id), [*map(UUID, s.lesson_ids)]) for s in request.sections]
    else:
        left = iter([*map(UUID, request.lesson_ids)])
        asked = [(s.section_id, list(islice(left, len(s.lesson_ids)))) for s in known]
        asked[-1:] = [(section, [*found, *left]) for section, found in asked[-1:]]
    _check_order(asked, known, by_section=bool(request.sections))
    return asked


def _check_order(
    asked: list[tuple[UUID, list[UUID]]], known: Sequence[SectionRow], *, by_section: bool
) -> None:
    field = "sections" if by_section else "lessonIds"
    violations = []
    if not _same([section for section, _ in asked], [section.section_id for section in known]):
        violations.append(Violation(field, "must have each section of the course once"))
    lessons_known = [lesson for section in known for lesson in section.lesson_ids]
    if not _same([lesson for _, found in asked for lesson in found], lessons_known):
        violations.append(Violation(field, "must have each lesson of the course once"))
    if violations:
        raise InvalidFields(violations)


def _same(one: Sequence[Any], other: Sequence[Any]) -> bool:
    return Counter(one) == Counter(other)
