"""Whether a person may change a course: its owners may, and administrators."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from services.clients.errors import CourseNotFound, NotYourCourse
from services.kit.call import Caller
from services.kit.errors import DomainError
from services.kit.identity.roles import ADMIN
from stellr.course.v1.course_internal_service_pb2 import Authorship
from stellr.course.v1.course_pb2 import COURSE_STATE_PUBLISHED


def may_change(owner_ids: Collection[UUID], caller: Caller) -> bool:
    """Whether the caller is one of a course's owners, or runs the academy."""
    return ADMIN in caller.roles or caller.user_id in owner_ids


def check_owner(
    owner_ids: Collection[UUID],
    caller: Caller,
    *,
    is_live: bool,
    unseen: type[DomainError] = CourseNotFound,
) -> None:
    """Pass for those who may change a course.

    NotYourCourse for others where learners see it; else `unseen`, as if it was not there.
    """
    if not may_change(owner_ids, caller):
        raise NotYourCourse if is_live else unseen


def check_authorship(
    course: Authorship, caller: Caller, unseen: type[DomainError] = CourseNotFound
) -> None:
    """The same of a course as course tells of it."""
    owner_ids = frozenset(map(UUID, course.owner_ids))
    is_live = course.state == COURSE_STATE_PUBLISHED
    check_owner(owner_ids, caller, is_live=is_live, unseen=unseen)
