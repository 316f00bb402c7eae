"""The RPCs of CourseInternalService: unpack, one call, repack."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import grpc

from services.clients.errors import CourseNotFound
from services.course import views
from services.course.exporting import Exporting
from services.course.importing import Importing
from services.course.learning import Learning
from services.course.outline_changes import OutlineChanges
from services.course.ownership import Ownership
from services.course.planning import Planning
from services.course.published import PublishedCourses
from services.course.repository import courses
from services.kit.data.database import Database
from services.kit.data.tables import as_uuid, timestamp
from stellr.course.v1 import course_internal_service_pb2 as pb
from stellr.course.v1.course_internal_service_pb2_grpc import CourseInternalServiceServicer


class CourseInternalServicer(CourseInternalServiceServicer):
    """Tells the mesh what a course consists of and who may read it."""

    def __init__(
        self,
        database: Database,
        *,
        learning: Learning,
        published: PublishedCourses,
        planning: Planning,
        importing: Importing,
        ownership: Ownership,
        outlines: OutlineChanges,
        exporting: Exporting,
    ) -> None:
        self._database = database
        self._learning = learning
        self._published = published
        self._planning = planning
        self._importing = importing
        self._ownership = ownership
        self._outlines = outlines
        self._exporting = exporting

    def GetOutline(self, request: pb.GetOutlineRequest, context: grpc.ServicerContext) -> Any:
        """The outline of a published course."""
        course = request.course or str(self._learning.course_of(request.lesson_id))
        return self._published.get(course).outline

    def ListLearnerEnrollments(
        self, request: pb.ListLearnerEnrollmentsRequest, context: grpc.ServicerContext
    ) -> pb.ListLearnerEnrollmentsResponse:
        """The courses that a learner is in."""
        enrolled = self._learning.enrolled(UUID(request.user_id))
        return pb.ListLearnerEnrollmentsResponse(
            enrollments=[
                pb.LearnerEnrollment(course_id=str(course_id), enroll_time=timestamp(since))
                for course_id, since in enrolled.items()
            ]
        )

    def GetCourseTitle(
        self, request: pb.GetCourseTitleRequest, context: grpc.ServicerContext
    ) -> pb.CourseTitle:
        """The titles of a course, published or not."""
        row = courses.find_title(self._database, request.course)
        if row is None:
            raise CourseNotFound
        return pb.CourseTitle(course_id=str(row.course_id), slug=row.slug, title=row.title)

    def PlanImport(
        self, request: pb.PlanImportRequest, context: grpc.ServicerContext
    ) -> pb.ImportPlan:
        """Find the lessons of a course that an import brings again, and reserve ids for others."""
        return self._planning.plan(request)

    def CommitImport(
        self, request: pb.CommitImportRequest, context: grpc.ServicerContext
    ) -> pb.ImportedCourse:
        """Bring a course to what was planned, and publish it."""
        return self._importing.commit(request)

    def CancelImport(
        self, request: pb.CancelImportRequest, context: grpc.ServicerContext
    ) -> pb.CancelImportResponse:
        """Let the next import of the course begin."""
        self._planning.cancel(UUID(request.plan_id))
        return pb.CancelImportResponse()

    def GetAuthorship(
        self, request: pb.GetAuthorshipRequest, context: grpc.ServicerContext
    ) -> pb.Authorship:
        """Whose a course is."""
        return self._ownership.of(request)

    def SetLessonQuiz(
        self, request: pb.SetLessonQuizRequest, context: grpc.ServicerContext
    ) -> pb.SetLessonQuizResponse:
        """Say whether a lesson has a quiz."""
        self._outlines.set_quiz(UUID(request.lesson_id), request.has_quiz)
        return pb.SetLessonQuizResponse()

    def ListCourseLearners(
        self, request: pb.ListCourseLearnersRequest, context: grpc.ServicerContext
    ) -> pb.ListCourseLearnersResponse:
        """The learners of a course."""
        after = as_uuid(request.after_user_id) or UUID(int=0)
        rows = self._learning.list_learners(request.course, after, request.limit)
        return pb.ListCourseLearnersResponse(
            enrollments=map(views.enrollment, rows),
            outline=self._published.outline_of_any(request.course),
        )

    def GetCourseContent(
        self, request: pb.GetCourseContentRequest, context: grpc.ServicerContext
    ) -> pb.KnownContent:
        """A course as it could be imported again."""
        return self._exporting.content(request.course)
