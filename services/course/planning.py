"""Planning an import: which lessons it brings again, which are new, and which it misses.

Learners see nothing of a plan. Until its commit, or for as long as it is good, it is the only one
of its course.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from services.clients.ownership import check_owner
from services.course.errors import ImportUnderWay, SlugTaken
from services.course.etags import new_etag
from services.course.imported import CourseContent, content_of
from services.course.matching import KnownLesson, match
from services.course.repository import authoring, plans
from services.course.repository.authoring import OwnedCourse
from services.kit import call
from services.kit.call import Caller
from services.kit.data.database import Database
from services.kit.errors import Conflict
from stellr.course.v1 import course_internal_service_pb2 as pb

# For all that other services do between a plan and its commit, in a large course on a busy machine.
# As long as this the next import waits where a process died in between.
PLAN_SECONDS = 60.0


class Planning:
    """Plans imports."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def plan(self, request: pb.PlanImportRequest) -> pb.ImportPlan:
        """Find the lessons that a course has already, and reserve ids for the others.

        With `validate_only` only those are told that the course has and the content has not.
        InvalidFields names every field that is wrong. ImportUnderWay while another import of the
        course is planned.
        """
        content, db = content_of(request.content), self._database.session
        if request.validate_only:
            return self._preview(content, call.caller())
        course = self._hold(content, call.caller())
        course_id = course.course_id
        last = plans.find_plan_of(db, course_id)
        if last and last.under_way and last.plan_id != UUID(request.plan_id):
            raise ImportUnderWay
        known = plans.list_known(db, course_id)
        found = match(content.lessons, known)
        plan = pb.ImportPlan(course_id=str(course_id), removed_lessons=_missed(known, found))
        if request.remove_lessons or not plan.removed_lessons:
            reserved = _reserved(last, known)
            self._save(request, plan, course.etag, _ids(db, content, found, reserved))
        return plan

    def cancel(self, plan_id: UUID) -> None:
        """Let the next import of the course begin at once; what was reserved stays so."""
        plans.cancel_plan(self._database.session, plan_id)

    def _hold(self, content: CourseContent, caller: Caller) -> OwnedCourse:
        """The course of the slug, made if there is none, held until the end of the transaction."""
        known = authoring.hold(self._database, content.slug)
        if known is None:
            made = authoring.create(
                self._database, content.slug, content.title, content.language, new_etag()
            )
            if made and caller.user_id:
                authoring.add_owner(self._database, made, caller.user_id)
            known = authoring.hold(self._database, content.slug)
        if known is None:
            raise Conflict
        _check_owner(known, caller)
        return known

    def _preview(self, content: CourseContent, caller: Caller) -> pb.ImportPlan:
        course = authoring.find_owned(self._database, content.slug)
        if course is None:
            return pb.ImportPlan()
        _check_owner(course, caller)
        known = plans.list_known(self._database.session, course.course_id)
        missed = _missed(known, match(content.lessons, known))
        return pb.ImportPlan(course_id=str(course.course_id), removed_lessons=missed)

    def _save(
        self,
        request: pb.PlanImportRequest,
        plan: pb.ImportPlan,
        etag: str,
        lesson_ids: Sequence[UUID],
    ) -> None:
        plans.save_plan(
            self._database.session,
            UUID(plan.course_id),
            plan_id=UUID(request.plan_id),
            content=request.content.SerializeToString(),
            lesson_ids=lesson_ids,
            seconds=PLAN_SECONDS,
            etag=etag,
        )
        plan.lifetime.FromTimedelta(timedelta(seconds=PLAN_SECONDS))
        for key, lesson_id in zip(_keys(request.content), lesson_ids, strict=True):
            plan.lessons.add(key=key, lesson_id=str(lesson_id))


def _check_owner(course: OwnedCourse, caller: Caller) -> None:
    """Whether a person imports a course of theirs; an operator is no person."""
    if caller.user_id is not None:
        check_owner(course.owner_ids, caller, is_live=course.is_live, unseen=SlugTaken)


def _missed(known: Sequence[KnownLesson], found: Sequence[UUID | None]) -> list[pb.RemovedLesson]:
    """The live lessons that were not found again."""
    return [
        pb.RemovedLesson(lesson_id=str(lesson.lesson_id), title=lesson.title, key=lesson.key)
        for lesson in known
        if not lesson.archived and lesson.lesson_id not in found
    ]


def _ids(
    db: Session, content: CourseContent, found: Sequence[UUID | None], reserved: dict[str, UUID]
) -> list[UUID]:
    """An id for each lesson: the one it has, the one that was reserved for its path, a new one."""
    new_ids = iter(plans.new_ids(db, len(content.lessons)))
    return [
        lesson_id or reserved.get(lesson.key) or next(new_ids)
        for lesson, lesson_id in zip(content.lessons, found, strict=True)
    ]


def _reserved(last: plans.Plan | None, known: Sequence[KnownLesson]) -> dict[str, UUID]:
    """The ids that a plan without a commit gave, by path: other services may hold parts of them."""
    if last is None or not last.content:
        return {}
    kept = {lesson.lesson_id for lesson in known}
    given = zip(_keys(pb.CourseContent.FromString(last.content)), last.lesson_ids, strict=True)
    return {key: lesson_id for key, lesson_id in given if lesson_id not in kept}


def _keys(content: pb.CourseContent) -> list[str]:
    return [lesson.key for section in content.sections for lesson in section.lessons]
