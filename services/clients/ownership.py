"""Whether a person may change a course, as course tells whose it is."""

from __future__ import annotations

from services.clients.errors import CourseNotFound, NotYourCourse
from services.kit.call import Caller
from services.kit.errors import NotFound
from services.kit.identity.roles import ADMIN
from stellr.course.v1.course_internal_service_pb2 import Authorship
from stellr.course.v1.course_pb2 import COURSE_STATE_PUBLISHED


def check_owner(
    course: Authorship, caller: Caller, unseen: type[NotFound] = CourseNotFound
) -> None:
    """Pass for owners and administrators.

    NotYourCourse for others where the course is published; else `unseen`, as if it was not there.
    """
    if ADMIN in caller.roles or str(caller.user_id) in course.owner_ids:
        return
    raise NotYourCourse if course.state == COURSE_STATE_PUBLISHED else unseen
