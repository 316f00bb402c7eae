"""The RPCs of AuthoringService: unpack, one call, repack."""

from __future__ import annotations

import grpc

from services.course import views
from services.course.course_changes import CourseChanges
from services.course.label_changes import LabelChanges
from services.course.outline_changes import OutlineChanges
from services.kit import call
from services.kit.data.pages import page_size
from stellr.course.v1 import authoring_service_pb2 as pb
from stellr.course.v1 import course_pb2
from stellr.course.v1.authoring_service_pb2_grpc import AuthoringServiceServicer


class AuthoringServicer(AuthoringServiceServicer):
    """Lets authors change their courses."""

    def __init__(
        self,
        *,
        courses: CourseChanges,
        outlines: OutlineChanges,
        categories: LabelChanges,
        tags: LabelChanges,
    ) -> None:
        self._courses = courses
        self._outlines = outlines
        self._categories = categories
        self._tags = tags

    # Courses

    def ListAuthoredCourses(
        self, request: pb.ListAuthoredCoursesRequest, context: grpc.ServicerContext
    ) -> pb.ListAuthoredCoursesResponse:
        """The caller's courses."""
        size = page_size(request.page_size)
        rows, token = self._courses.list(call.caller(), size, request.page_token)
        courses = map(views.course_summary, rows)
        return pb.ListAuthoredCoursesResponse(courses=courses, next_page_token=token)

    def CreateCourse(
        self, request: pb.CreateCourseRequest, context: grpc.ServicerContext
    ) -> course_pb2.Course:
        """A draft."""
        return views.course(self._courses.create(call.caller(), request.course))

    def UpdateCourse(
        self, request: pb.UpdateCourseRequest, context: grpc.ServicerContext
    ) -> course_pb2.Course:
        """Change a course."""
        mask = request.update_mask.paths
        return views.course(
            self._courses.update(call.caller(), request.course, request.change, mask)
        )

    def ArchiveCourse(
        self, request: pb.ArchiveCourseRequest, context: grpc.ServicerContext
    ) -> course_pb2.Course:
        """Put a course away."""
        return views.course(self._courses.archive(call.caller(), request.course, request.etag))

    def PublishCourse(
        self, request: pb.PublishCourseRequest, context: grpc.ServicerContext
    ) -> course_pb2.Course:
        """Let learners see a course."""
        return views.course(self._courses.publish(call.caller(), request.course, request.etag))

    def UnpublishCourse(
        self, request: pb.UnpublishCourseRequest, context: grpc.ServicerContext
    ) -> course_pb2.Course:
        """Make a course a draft again."""
        return views.course(self._courses.unpublish(call.caller(), request.course, request.etag))

    # Sections

    def CreateSection(
        self, request: pb.CreateSectionRequest, context: grpc.ServicerContext
    ) -> course_pb2.Section:
        """A section behind the others."""
        title = request.section.title
        section_id = self._outlines.create_section(call.caller(), request.course, title)
        return course_pb2.Section(section_id=str(section_id), title=title)

    def UpdateSection(
        self, request: pb.UpdateSectionRequest, context: grpc.ServicerContext
    ) -> course_pb2.Section:
        """Give a section another title."""
        title = request.section.title
        section = self._outlines.update_section(call.caller(), request.section_id, title)
        return course_pb2.Section(section_id=str(section.section_id), title=section.title)

    def DeleteSection(
        self, request: pb.DeleteSectionRequest, context: grpc.ServicerContext
    ) -> pb.DeleteSectionResponse:
        """Delete a section without lessons."""
        self._outlines.delete_section(call.caller(), request.section_id)
        return pb.DeleteSectionResponse()

    # Lessons

    def CreateLesson(
        self, request: pb.CreateLessonRequest, context: grpc.ServicerContext
    ) -> course_pb2.Lesson:
        """A lesson at the end of a section."""
        row = self._outlines.create_lesson(call.caller(), request.course, request.lesson)
        return views.lesson(row, row.body)

    def UpdateLesson(
        self, request: pb.UpdateLessonRequest, context: grpc.ServicerContext
    ) -> course_pb2.Lesson:
        """Change a lesson."""
        mask = request.update_mask.paths
        row = self._outlines.update_lesson(call.caller(), request.lesson_id, request.lesson, mask)
        return views.lesson(row, row.body)

    def GetLessonSource(
        self, request: pb.GetLessonSourceRequest, context: grpc.ServicerContext
    ) -> course_pb2.Lesson:
        """A lesson as its author wrote it."""
        row = self._outlines.read_lesson(call.caller(), request.lesson_id)
        return views.lesson(row, row.body)

    def DeleteLesson(
        self, request: pb.DeleteLessonRequest, context: grpc.ServicerContext
    ) -> pb.DeleteLessonResponse:
        """Take a lesson out of its course."""
        self._outlines.delete_lesson(call.caller(), request.lesson_id, request.etag)
        return pb.DeleteLessonResponse()

    def ReorderLessons(
        self, request: pb.ReorderLessonsRequest, context: grpc.ServicerContext
    ) -> course_pb2.Course:
        """Bring lessons into another order."""
        return views.course(self._outlines.reorder(call.caller(), request))

    # Categories and tags

    def CreateCategory(
        self, request: pb.CreateCategoryRequest, context: grpc.ServicerContext
    ) -> course_pb2.Label:
        """A category."""
        return views.label(self._categories.create(request.name))

    def UpdateCategory(
        self, request: pb.UpdateCategoryRequest, context: grpc.ServicerContext
    ) -> course_pb2.Label:
        """Rename a category."""
        return views.label(self._categories.rename(request.category, request.name))

    def DeleteCategory(
        self, request: pb.DeleteCategoryRequest, context: grpc.ServicerContext
    ) -> pb.DeleteCategoryResponse:
        """Delete a category that no course has."""
        self._categories.delete(request.category)
        return pb.DeleteCategoryResponse()

    def CreateTag(
        self, request: pb.CreateTagRequest, context: grpc.ServicerContext
    ) -> course_pb2.Label:
        """A tag."""
        return views.label(self._tags.create(request.name))

    def UpdateTag(
        self, request: pb.UpdateTagRequest, context: grpc.ServicerContext
    ) -> course_pb2.Label:
        """Rename a tag."""
        return views.label(self._tags.rename(request.tag, request.name))

    def DeleteTag(
        self, request: pb.DeleteTagRequest, context: grpc.ServicerContext
    ) -> pb.DeleteTagResponse:
        """Delete a tag that no course has."""
        self._tags.delete(request.tag)
        return pb.DeleteTagResponse()
