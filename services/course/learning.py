"""What learners do: enroll, and read what they are enrolled in."""

from __future__ import annotations

import time
from uuid import UUID

from services.course import views
from services.course.bodies import Link, resolve
from services.course.errors import CourseNotFound, LessonNotFound
from services.course.repository import enrollments, lessons
from services.course.repository.common import Row
from services.kit.data.pages import page_size
from services.kit.data.tables import as_uuid
from services.kit.errors import SignInRequired
from services.kit.identity.links import CONTENT, Links
from services.kit.process.runtime import Runtime
from stellr.course.v1 import course_internal_service_pb2 as internal
from stellr.course.v1 import course_pb2
from stellr.course.v1 import course_service_pb2 as pb


class Learning:
    """Lets learners in, and to their lessons."""

    def __init__(self, runtime: Runtime) -> None:
        self._database = runtime.database
        self._tokens = runtime.page_tokens
        self._links = Links(runtime.shared_signer(CONTENT), runtime.settings.public_url)

    def enroll(self, reference: str, user_id: UUID) -> Row:
        """The learner's enrollment, the same however often; CourseNotFound."""
        enrollment = enrollments.enroll(self._database.session, reference, user_id)
        if enrollment is None:
            raise CourseNotFound
        return enrollment

    def list_enrollments(
        self, request: pb.ListEnrollmentsRequest, user_id: UUID
    ) -> pb.ListEnrollmentsResponse:
        """A page of the learner's enrollments, newest first."""
        scope, size = f"enrollments {user_id}", page_size(request.page_size)
        before = self._tokens.read(request.page_token, scope)
        rows = enrollments.list_enrollments(
            self._database.session, user_id, UUID(before[0]) if before else None, size + 1
        )
        shown, token = self._tokens.page(rows, size, scope, lambda row: [str(row.enrollment_id)])
        return pb.ListEnrollmentsResponse(
            enrollments=[views.enrollment(row) for row in shown], next_page_token=token
        )

    def read(self, lesson_id: str, user_id: UUID | None) -> course_pb2.Lesson:
        """A lesson. A visitor is asked to sign in alike for what is closed and what is not there.

        SignInRequired to visitors, LessonNotFound to learners.
        """
        id_ = as_uuid(lesson_id)
        row = id_ and lessons.read_lesson(self._database.session, id_, user_id)
        if row:
            return views.lesson(row, self._body(row))
        if user_id is None:
            raise SignInRequired
        raise LessonNotFound

    def _body(self, row: Row) -> str:
        """The text of a lesson, its pictures and files behind signed links."""
        now = time.time()
        links = [Link(*link) for link in row.links]
        return resolve(row.body, links, lambda path: self._links.make(path, now).url)

    def find_readable(self, lesson_id: str, user_id: UUID | None) -> internal.ReadableLesson:
        """What a learner, or a visitor, may know of a lesson; LessonNotFound."""
        id_ = as_uuid(lesson_id)
        row = id_ and lessons.find_readable_lesson(self._database.session, id_, user_id)
        if not row:
            raise LessonNotFound
        return internal.ReadableLesson(
            lesson_id=str(row.lesson_id),
            course_id=str(row.course_id),
            title=row.title,
            enrolled=row.enrolled,
        )
