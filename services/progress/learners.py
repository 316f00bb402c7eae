"""Who is in a course and where they stand, as its authors see it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from typing import NamedTuple
from uuid import UUID

from services.clients.course import Outline, outline_of
from services.clients.ownership import check_authorship
from services.kit.call import Caller
from services.kit.data.database import Database
from services.kit.data.pages import PageTokens
from services.progress.repository import learning
from services.progress.steps import State
from services.progress.tracking import Standing
from stellr.course.v1 import course_internal_service_pb2 as course_pb
from stellr.course.v1.course_internal_service_pb2_grpc import CourseInternalServiceStub
from stellr.course.v1.course_pb2 import Enrollment


class Learner(NamedTuple):
    """A learner of a course; who left it is one still."""

    user_id: UUID
    is_enrolled: bool
    standing: Standing


class Learners:
    """Lists learners for whoever may see them."""

    def __init__(
        self,
        database: Database,
        course: CourseInternalServiceStub,
        page_tokens: PageTokens,
    ) -> None:
        self._database = database
        self._course = course
        self._page_tokens = page_tokens

    def list(
        self, caller: Caller, reference: str, size: int, page_token: str
    ) -> tuple[Sequence[Learner], str]:
        """A page of a course's learners, by their ids; CourseNotFound, NotYourCourse."""
        course = self._course.GetAuthorship(course_pb.GetAuthorshipRequest(course=reference))
        check_authorship(course, caller)
        scope = f"learners {course.course_id}"
        after = self._page_tokens.read(page_token, scope)
        request = course_pb.ListCourseLearnersRequest(
            course=course.course_id, after_user_id=after[0] if after else "", limit=size + 1
        )
        answer = self._course.ListCourseLearners(request)
        shown, token = self._page_tokens.page(
            answer.enrollments, size, scope, lambda each: [each.user_id]
        )
        return self._standings(outline_of(answer.outline), shown), token

    def _standings(self, outline: Outline, enrollments: Sequence[Enrollment]) -> Sequence[Learner]:
        ids = [UUID(each.user_id) for each in enrollments]
        states = learning.find_states_of_learners(self._database, outline.course_id, ids)
        return [
            Learner(
                user_id,
                each.state == Enrollment.STATE_ACTIVE,
                Standing(outline, states.get(user_id, State()), each.create_time.ToDatetime(UTC)),
            )
            for user_id, each in zip(ids, enrollments, strict=True)
        ]
