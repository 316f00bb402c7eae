from __future__ import annotations

import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any
from uuid import uuid4

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration

from edge import registry
from services.kit.errors import Aborted, InvalidArgument, NotFound, reason_name
from services.kit.rpc.clients import MeshChannel, streams_of
from stellr.course.v1 import course_internal_service_pb2 as pb
from stellr.course.v1.course_internal_service_pb2_grpc import CourseInternalServiceStub
from stellr.course.v1.events_pb2 import OutlineChanged
from stellr.events.v1.event_service_pb2 import WatchRequest, WatchResponse
from stellr.events.v1.event_service_pb2_grpc import EventServiceStub
from tests.services.course.course_process import content
from tests.services.own_course import change_course, import_course, make_course
from tests.support import DEMO, Learner, Stack, Visitor, eventually, reason, violations

Course = dict[str, Any]
Mesh = Callable[[str, str], MeshChannel]


def test_anyone_lists_courses(visitor: Visitor, course: Course) -> None:
    listed = visitor.get("/courses", q=f'"{course["summary"]}"', pageSize=100).json()
    found = {summary["slug"]: summary for summary in listed["courses"]}
    assert listed["totalSize"] >= 1
    assert set(found[DEMO]) - {"highlight"} <= set(course)
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


READERS = {"certificate", "media", "progress", "quiz"}
CALLS: list[tuple[str, Any, set[str]]] = [
    ("GetOutline", pb.GetOutlineRequest(course=DEMO), READERS),
    ("ListLearnerEnrollments", pb.ListLearnerEnrollmentsRequest(user_id=UNKNOWN_ID), READERS),
    ("GetCourseTitle", pb.GetCourseTitleRequest(course=DEMO), {"certificate"}),
    ("PlanImport", pb.PlanImportRequest(), {"gateway"}),
    ("CommitImport", pb.CommitImportRequest(plan_id=UNKNOWN_ID), {"gateway"}),
    ("CancelImport", pb.CancelImportRequest(plan_id=UNKNOWN_ID), {"gateway"}),
    (
        "GetAuthorship",
        pb.GetAuthorshipRequest(course=DEMO),
        {"gateway", "media", "progress", "quiz"},
    ),
    ("SetLessonQuiz", pb.SetLessonQuizRequest(lesson_id=UNKNOWN_ID), {"quiz"}),
    ("ListCourseLearners", pb.ListCourseLearnersRequest(course=DEMO, limit=1), {"progress"}),
    ("GetCourseContent", pb.GetCourseContentRequest(course=DEMO), {"gateway"}),
]


def test_every_internal_call_is_tried() -> None:
    (service,) = pb.DESCRIPTOR.services_by_name.values()
    assert {method.name for method in service.methods} == {name for name, _, _ in CALLS}


@pytest.mark.parametrize(("method", "request_", "callers"), CALLS, ids=[call[0] for call in CALLS])
def test_internal_calls_are_for_the_services_named(
    stack: Stack, mesh: Mesh, method: str, request_: Any, callers: set[str]
) -> None:
    with grpc.insecure_channel(stack.target("course")) as nobody:
        with pytest.raises(grpc.RpcError) as unknown:
            getattr(CourseInternalServiceStub(nobody), method)(request_)
        assert unknown.value.code() == grpc.StatusCode.UNAUTHENTICATED
    for caller in (*registry.SERVICES, "operator"):
        call = getattr(CourseInternalServiceStub(mesh(caller, "course")), method)
        if caller in callers:
            with suppress(NotFound, InvalidArgument, Aborted):
                call(request_)
            continue
        with pytest.raises(grpc.RpcError) as refused:
            call(request_)
        assert refused.value.code() == grpc.StatusCode.PERMISSION_DENIED, caller


def test_a_token_of_a_person_opens_no_internal_call(
    stack: Stack, learner: Callable[[], Learner]
) -> None:
    metadata = (("authorization", f"Bearer {learner().token}"),)
    request = pb.GetOutlineRequest(course=DEMO)
    with grpc.insecure_channel(stack.target("course")) as channel:
        stub = CourseInternalServiceStub(channel)
        with pytest.raises(grpc.RpcError) as refused:
            stub.GetOutline(request, metadata=metadata)
    assert refused.value.code() == grpc.StatusCode.UNAUTHENTICATED


@pytest.mark.parametrize(
    ("method", "request_"),
    [
        ("GetOutline", pb.GetOutlineRequest()),
        ("GetOutline", pb.GetOutlineRequest(course="")),
        ("GetOutline", pb.GetOutlineRequest(course="x" * 1000)),
        ("GetOutline", pb.GetOutlineRequest(lesson_id="")),
        ("ListLearnerEnrollments", pb.ListLearnerEnrollmentsRequest()),
        ("ListLearnerEnrollments", pb.ListLearnerEnrollmentsRequest(user_id="ann")),
    ],
)
def test_bad_questions_of_the_mesh_are_refused(mesh: Mesh, method: str, request_: Any) -> None:
    stub = CourseInternalServiceStub(mesh("progress", "course"))
    with pytest.raises(InvalidArgument):
        getattr(stub, method)(request_)


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        (pb.GetOutlineRequest(course="none"), "COURSE_NOT_FOUND"),
        (pb.GetOutlineRequest(course=UNKNOWN_ID), "COURSE_NOT_FOUND"),
        (pb.GetOutlineRequest(lesson_id="none"), "LESSON_NOT_FOUND"),
        (pb.GetOutlineRequest(lesson_id=UNKNOWN_ID), "LESSON_NOT_FOUND"),
    ],
)
def test_outlines_that_are_not_there(mesh: Mesh, request_: pb.GetOutlineRequest, why: str) -> None:
    with pytest.raises(NotFound) as missing:
        CourseInternalServiceStub(mesh("progress", "course")).GetOutline(request_)
    assert reason_name(missing.value.reason) == why


def test_an_outline_is_found_by_course_and_by_lesson(
    mesh: Mesh, course: Course, lessons: list[Course]
) -> None:
    stub = CourseInternalServiceStub(mesh("progress", "course"))
    by_lesson = stub.GetOutline(pb.GetOutlineRequest(lesson_id=lessons[1]["lessonId"]))
    by_slug = stub.GetOutline(pb.GetOutlineRequest(course=DEMO))
    by_id = stub.GetOutline(pb.GetOutlineRequest(course=course["courseId"]))
    assert by_lesson == by_slug == by_id
    assert [lesson.lesson_id for lesson in by_slug.lessons] == [
        item["lessonId"] for item in lessons
    ]


def test_the_mesh_hears_who_is_enrolled(
    mesh: Mesh, enrolled: Callable[[], Learner], learner: Callable[[], Learner], course: Course
) -> None:
    stub = CourseInternalServiceStub(mesh("quiz", "course"))

    def courses(somebody: Learner) -> list[str]:
        request = pb.ListLearnerEnrollmentsRequest(user_id=somebody.user_id)
        return [each.course_id for each in stub.ListLearnerEnrollments(request).enrollments]

    assert courses(learner()) == []
    assert courses(enrolled()) == [course["courseId"]]


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


def test_the_mesh_watches_what_changes(stack: Stack, mesh: Mesh) -> None:
    kinds = ["stellr.course.v1.OutlineChanged", "stellr.course.v1.EnrollmentChanged"]
    request = WatchRequest(kinds=kinds, look_back=Duration())
    with grpc.insecure_channel(streams_of(stack.target("course"))) as nobody:
        with pytest.raises(grpc.RpcError) as unknown:
            next(EventServiceStub(nobody).Watch(request))
        assert unknown.value.code() == grpc.StatusCode.UNAUTHENTICATED

    own = make_course(mesh)
    stream = EventServiceStub(mesh("progress", "course")).Watch(request)
    assert any(answer.HasField("caught_up") for answer in stream)
    change_course(mesh, own, has_quiz=True)
    assert any(_tells_of(answer, own.course_id) for answer in stream)
    stream.cancel()


def _tells_of(answer: WatchResponse, course_id: str) -> bool:
    changed = OutlineChanged()
    return answer.event.payload.Unpack(changed) and changed.course_id == course_id
