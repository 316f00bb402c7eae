from __future__ import annotations

import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any
from uuid import uuid4

import grpc
import pytest

from services.kit.errors import Aborted, InvalidArgument, NotFound
from services.kit.rpc.clients import MeshChannel, streams_of
from stellr.course.v1 import course_internal_service_pb2 as pb
from stellr.course.v1.course_internal_service_pb2_grpc import CourseInternalServiceStub
from tests.services.course.course_process import content
from tests.services.own_course import import_course, make_course
from tests.support import DEMO, Learner, Stack, Visitor, eventually, reason, violations

Course = dict[str, Any]
Mesh = Callable[[str, str], MeshChannel]


def test_anyone_lists_courses(visitor: Visitor, course: Course) -> None:
    listed = visitor.get("/courses", q=f'"{course["summary"]}"', pageSize=100).json()
    found = {summary["slug"]: summary for summary in listed["courses"]}
    assert listed["totalSize"] >= 1
    assert set(found[DEMO]) <= set(course)
    by_tag = visitor.get("/courses", tags=course["tags"], category=course["category"].upper())
    assert DEMO in {found["slug"] for found in by_tag.json()["courses"]}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"orderBy": "slug"}, "orderBy"),
        ({"pageToken": "forged"}, "pageToken"),
        ({"pageSize": 101}, "pageSize"),
        ({"q": "x" * 201}, "q"),
    ],
)
def test_bad_lists_are_refused(visitor: Visitor, query: dict[str, Any], field: str) -> None:
    answer = visitor.get("/courses", **query)
    assert answer.status_code == 400
    assert set(violations(answer)) == {field}


def test_anyone_reads_a_course(visitor: Visitor, course: Course) -> None:
    assert visitor.get(f"/courses/{course['courseId']}").json() == course
    lessons = [lesson for section in course["sections"] for lesson in section["lessons"]]
    assert [lesson["position"] for lesson in lessons] == list(range(1, course["lessonCount"] + 1))
    assert course["durationMinutes"] == sum(lesson["minutes"] for lesson in lessons)
    assert course["etag"]


UNKNOWN_ID = "0198f000-0000-7000-8000-000000000000"


@pytest.mark.parametrize("reference", ["none", "a%00b", UNKNOWN_ID, "a'--"])
def test_a_course_that_is_not_there(visitor: Visitor, reference: str) -> None:
    answer = visitor.get(f"/courses/{reference}")
    assert answer.status_code == 404 or (answer.status_code == 400 and "%00" in reference)


def test_lessons_to_those_who_may_read_them(
    visitor: Visitor,
    learner: Callable[[], Learner],
    enrolled: Callable[[], Learner],
    lessons: list[Course],
) -> None:
    preview, closed = lessons[0]["lessonId"], lessons[1]["lessonId"]
    assert visitor.get(f"/lessons/{preview}").json()["body"]
    stranger = learner()
    for missing in (closed, str(uuid4()), "none"):
        assert visitor.get(f"/lessons/{missing}").status_code == 401
        answer = stranger.get(f"/lessons/{missing}")
        assert (answer.status_code, reason(answer)) == (404, "LESSON_NOT_FOUND")
    lesson = enrolled().get(f"/lessons/{closed}").json()
    assert lesson["previousLessonId"] == preview
    assert lesson["nextLessonId"] == lessons[2]["lessonId"]


def test_enrolling_is_for_those_signed_in(visitor: Visitor, learner: Callable[[], Learner]) -> None:
    assert visitor.post(f"/courses/{DEMO}/enroll").status_code == 401
    assert visitor.get("/enrollments").status_code == 401
    answer = learner().post("/courses/none/enroll")
    assert (answer.status_code, reason(answer)) == (404, "COURSE_NOT_FOUND")


def test_a_hundred_times_enrolled_is_enrolled_once(
    learner: Callable[[], Learner], course: Course
) -> None:
    one, other = learner(), learner()
    references = (DEMO, course["courseId"])
    with ThreadPoolExecutor(10) as threads:
        answers = list(
            threads.map(lambda n: one.post(f"/courses/{references[n % 2]}/enroll"), range(100))
        )
    assert {answer.status_code for answer in answers} == {200}
    (enrollment_id,) = {answer.json()["enrollmentId"] for answer in answers}
    (listed,) = one.get("/enrollments").json()["enrollments"]
    assert (listed["enrollmentId"], listed["userId"]) == (enrollment_id, one.user_id)
    assert listed["state"] == "STATE_ACTIVE"
    assert other.get("/enrollments").json()["enrollments"] == []


CALLS: list[tuple[str, Any, str]] = [
    ("GetOutline", pb.GetOutlineRequest(course=DEMO, user_id=str(uuid4())), "progress"),
    ("ListOutlines", pb.ListOutlinesRequest(user_id=str(uuid4())), "progress"),
    ("GetReadableLesson", pb.GetReadableLessonRequest(lesson_id=str(uuid4())), "quiz"),
    ("GetCourseTitle", pb.GetCourseTitleRequest(course=DEMO), "certificate"),
    ("PlanImport", pb.PlanImportRequest(), "gateway"),
    ("CommitImport", pb.CommitImportRequest(plan_id=str(uuid4())), "gateway"),
    ("CancelImport", pb.CancelImportRequest(plan_id=str(uuid4())), "gateway"),
    ("PublishCourse", pb.PublishCourseRequest(course_id=str(uuid4())), "gateway"),
    ("SetLessonQuiz", pb.SetLessonQuizRequest(lesson_id=str(uuid4())), "quiz"),
]


@pytest.mark.parametrize(("method", "request_", "caller"), CALLS, ids=[call[0] for call in CALLS])
def test_internal_calls_are_for_the_services_named(
    stack: Stack, mesh: Mesh, method: str, request_: Any, caller: str
) -> None:
    with grpc.insecure_channel(stack.target("course")) as nobody:
        with pytest.raises(grpc.RpcError) as unknown:
            getattr(CourseInternalServiceStub(nobody), method)(request_)
        assert unknown.value.code() == grpc.StatusCode.UNAUTHENTICATED
    with pytest.raises(grpc.RpcError) as refused:
        getattr(CourseInternalServiceStub(mesh("notification", "course")), method)(request_)
    assert refused.value.code() == grpc.StatusCode.PERMISSION_DENIED
    with suppress(NotFound, InvalidArgument, Aborted):
        getattr(CourseInternalServiceStub(mesh(caller, "course")), method)(request_)


def test_an_outline_is_of_the_enrolled(
    mesh: Mesh, enrolled: Callable[[], Learner], course: Course, lessons: list[Course]
) -> None:
    somebody = enrolled()
    stub = CourseInternalServiceStub(mesh("progress", "course"))
    lesson_id = lessons[1]["lessonId"]
    by_lesson = stub.GetOutline(pb.GetOutlineRequest(lesson_id=lesson_id, user_id=somebody.user_id))
    by_slug = stub.GetOutline(pb.GetOutlineRequest(course=DEMO, user_id=somebody.user_id))
    assert by_lesson == by_slug
    assert [lesson.lesson_id for lesson in by_slug.lessons] == [
        item["lessonId"] for item in lessons
    ]
    listed = stub.ListOutlines(pb.ListOutlinesRequest(user_id=somebody.user_id))
    assert list(listed.outlines) == [by_slug]


def test_an_import_is_seen_at_once(mesh: Mesh, visitor: Visitor) -> None:
    slug = f"import-{secrets.token_hex(6)}"
    stub = CourseInternalServiceStub(mesh("gateway", "course"))
    plan = pb.PlanImportRequest(plan_id=str(uuid4()), content=content(slug))
    stub.PlanImport(plan)
    assert visitor.get(f"/courses/{slug}").status_code == 404
    assert stub.CommitImport(pb.CommitImportRequest(plan_id=plan.plan_id)).changed
    before = visitor.get(f"/courses/{slug}").json()
    import_course(mesh, content(slug, title="Other"))
    eventually(lambda: visitor.get(f"/courses/{slug}").json()["title"] == "Other", 2)
    after = visitor.get(f"/courses/{slug}").json()
    assert after["courseId"] == before["courseId"]
    assert after["etag"] != before["etag"]


def test_progress_alone_may_watch_outlines_and_hears_of_each_change(
    stack: Stack, mesh: Mesh
) -> None:
    request = pb.WatchOutlinesRequest()
    with grpc.insecure_channel(streams_of(stack.target("course"))) as nobody:
        with pytest.raises(grpc.RpcError) as unknown:
            next(CourseInternalServiceStub(nobody).WatchOutlines(request))
        assert unknown.value.code() == grpc.StatusCode.UNAUTHENTICATED
    with pytest.raises(grpc.RpcError) as refused:
        next(CourseInternalServiceStub(mesh("quiz", "course")).WatchOutlines(request))
    assert refused.value.code() == grpc.StatusCode.PERMISSION_DENIED

    own = make_course(mesh)
    stream = CourseInternalServiceStub(mesh("progress", "course")).WatchOutlines(request)
    assert next(stream).watching
    quiz = CourseInternalServiceStub(mesh("quiz", "course"))
    quiz.SetLessonQuiz(pb.SetLessonQuizRequest(lesson_id=own.lesson_id, has_quiz=True))
    assert any(change.course_id == own.course_id for change in stream)
    stream.cancel()
