"""The RPCs of CourseInternalService: unpack, one call, repack."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import grpc

from services.course.authoring import Authoring
from services.course.errors import CourseNotFound
from services.course.importing import Importing
from services.course.learning import Learning
from services.course.outlines import Outlines
from services.course.planning import Planning
from services.course.repository import courses
from services.kit.process.runtime import Runtime
from stellr.course.v1 import course_internal_service_pb2 as pb
from stellr.course.v1 import course_pb2
from stellr.course.v1.course_internal_service_pb2_grpc import CourseInternalServiceServicer


class CourseInternalServicer(CourseInternalServiceServicer):
    """Tells the mesh what a course consists of and who may read it."""

    def __init__(
        self,
        runtime: Runtime,
        *,
        learning: Learning,
        outlines: Outlines,
        planning: Planning,
        importing: Importing,
        authoring: Authoring,
    ) -> None:
        self._database = runtime.database
        self._learning = learning
        self._outlines = outlines
        self._planning = planning
        self._importing = importing
        self._authoring = authoring

    def GetOutline(
        self, request: pb.GetOutlineRequest, context: grpc.ServicerContext
    ) -> pb.Outline:
        """The outline of a course that the learner is enrolled in."""
        return self._outlines.get(request)

    def WatchOutlines(
        self, request: pb.WatchOutlinesRequest, context: grpc.ServicerContext
    ) -> Iterator[pb.OutlineChange]:
        """The courses that change, for as long as both sides live."""
        return self._outlines.watch(context.is_active)

    def ListOutlines(
        self, request: pb.ListOutlinesRequest, context: grpc.ServicerContext
    ) -> pb.ListOutlinesResponse:
        """The outlines of all courses that the learner is enrolled in."""
        return self._outlines.list(request)

    def GetReadableLesson(
        self, request: pb.GetReadableLessonRequest, context: grpc.ServicerContext
    ) -> pb.ReadableLesson:
        """A lesson as far as the learner may read it."""
        user_id = UUID(request.user_id) if request.user_id else None
        return self._learning.find_readable(request.lesson_id, user_id)

    def GetCourseTitle(
        self, request: pb.GetCourseTitleRequest, context: grpc.ServicerContext
    ) -> pb.CourseTitle:
        """The titles of a course, published or not."""
        row = courses.find_title(self._database.session, request.course)
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

    def PublishCourse(
        self, request: pb.PublishCourseRequest, context: grpc.ServicerContext
    ) -> course_pb2.Course:
        """Publish a course."""
        return self._authoring.publish(UUID(request.course_id))

    def SetLessonQuiz(
        self, request: pb.SetLessonQuizRequest, context: grpc.ServicerContext
    ) -> course_pb2.LessonSummary:
        """Say whether a lesson has a valid quiz."""
        return self._authoring.set_quiz(UUID(request.lesson_id), request.has_quiz)
