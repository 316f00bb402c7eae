from __future__ import annotations

from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from services.kit.errors import InvalidArgument, NotFound, Unauthenticated
from stellr.course.v1 import course_internal_service_pb2 as internal
from stellr.course.v1 import course_pb2
from stellr.course.v1 import course_service_pb2 as pb
from tests.services.course.course_process import Process, Statements, bring, content, plan
from tests.support import eventually


def enroll(process: Process, learner: UUID, reference: str = "stars") -> course_pb2.Enrollment:
    request = pb.EnrollCourseRequest(course=reference)
    enrollment: course_pb2.Enrollment = process("EnrollCourse", request, learner)
    return enrollment


def read(process: Process, lesson_id: str, learner: UUID | None) -> course_pb2.Lesson:
    found: course_pb2.Lesson = process(
        "GetLesson", pb.GetLessonRequest(lesson_id=lesson_id), learner
    )
    return found


def test_a_hundred_enroll_at_once(process: Process) -> None:
    course_id, learner = bring(process, content()).course_id, uuid4()
    references = ("stars", course_id)
    made = process.at_once(100, lambda number: enroll(process, learner, references[number % 2]))
    assert len({enrollment.enrollment_id for enrollment in made}) == 1
    assert made[0].state == course_pb2.Enrollment.STATE_ACTIVE
    assert enroll(process, uuid4()).enrollment_id != made[0].enrollment_id


def test_only_published_courses_take_learners(process: Process) -> None:
    plan(process, content("draft"))
    for reference in ("draft", "none", str(uuid4()), "\0"):
        with pytest.raises(NotFound):
            enroll(process, uuid4(), reference)


def test_who_left_comes_back_to_the_same_place(process: Process) -> None:
    lesson_id, learner = bring(process, content()).ids[1], uuid4()
    before = enroll(process, learner)
    with process.runtime.database.transaction() as unit:
        unit.session.execute(sa.text("UPDATE enrollments SET state = 'ended'"))
    with pytest.raises(NotFound):
        read(process, lesson_id, learner)
    assert enroll(process, learner) == before


def test_enrollments_are_paged_newest_first(process: Process) -> None:
    learner, token, found = uuid4(), "", []
    for number in range(5):
        bring(process, content(f"course-{number}"))
        enroll(process, learner, f"course-{number}")
    made = [enroll(process, learner, f"course-{number}").enrollment_id for number in range(5)]
    while True:
        request = pb.ListEnrollmentsRequest(page_size=2, page_token=token)
        answer = process("ListEnrollments", request, learner)
        found += [enrollment.enrollment_id for enrollment in answer.enrollments]
        if not (token := answer.next_page_token):
            break
        with pytest.raises(InvalidArgument):
            process("ListEnrollments", pb.ListEnrollmentsRequest(page_token=token), uuid4())
    assert found == made[::-1]


def test_lessons_lead_to_each_other(process: Process, statements: Statements) -> None:
    ids, learner = bring(process, content()).ids, uuid4()
    enroll(process, learner)
    statements.count = 0
    lessons = [read(process, id_, learner) for id_ in ids]
    assert statements.count == 3
    assert [item.previous_lesson_id for item in lessons] == ["", ids[0], ids[1]]
    assert [item.next_lesson_id for item in lessons] == [ids[1], ids[2], ""]
    assert lessons[2].body == "# c"


def test_who_may_read_what(process: Process) -> None:
    preview, closed, _ = bring(process, content()).ids
    draft = plan(process, content("draft")).lessons[0].lesson_id
    assert read(process, preview, None) == read(process, preview, uuid4())
    for lesson_id in (closed, draft, str(uuid4()), "none"):
        with pytest.raises(Unauthenticated):
            read(process, lesson_id, None)
        with pytest.raises(NotFound):
            read(process, lesson_id, uuid4())


def test_what_the_mesh_hears_of_a_lesson(process: Process) -> None:
    preview, closed, _ = bring(process, content()).ids
    learner = uuid4()

    def readable(lesson_id: str, user_id: str) -> bool:
        request = internal.GetReadableLessonRequest(lesson_id=lesson_id, user_id=user_id)
        return bool(process("GetReadableLesson", request).enrolled)

    assert not readable(preview, "")
    with pytest.raises(NotFound):
        readable(closed, str(learner))
    enroll(process, learner)
    assert readable(closed, str(learner))


def test_an_outline_at_hand_costs_one_statement(process: Process, statements: Statements) -> None:
    imported, learner = bring(process, content()), uuid4()
    requests = [
        internal.GetOutlineRequest(user_id=str(learner), **{name: value})
        for name, value in (
            ("course", imported.course_id),
            ("course", "stars"),
            ("lesson_id", imported.ids[2]),
        )
    ]
    for request in requests:
        with pytest.raises(NotFound):
            process("GetOutline", request)
    since = enroll(process, learner).create_time

    def cost() -> int:
        statements.count = 0
        found = [process("GetOutline", request) for request in requests]
        assert [list(item.lessons) for item in found] == [list(found[0].lessons)] * 3
        assert found[0].enroll_time == since
        return statements.count

    eventually(lambda: cost() == len(requests))
    assert [item.position for item in process("GetOutline", requests[0]).lessons] == [1, 2, 3]


def test_outlines_of_many_courses_take_two_statements(
    process: Process, statements: Statements
) -> None:
    learner = uuid4()
    for number in range(6):
        bring(process, content(f"course-{number}"))
        enroll(process, learner, f"course-{number}")
    statements.count = 0
    request = internal.ListOutlinesRequest(user_id=str(learner), page_size=4)
    first = process("ListOutlines", request)
    assert statements.count <= 2
    assert [item.slug for item in first.outlines] == [f"course-{n}" for n in (5, 4, 3, 2)]
    request.page_token = first.next_page_token
    second = process("ListOutlines", request)
    assert [item.slug for item in second.outlines] == ["course-1", "course-0"]
    assert not second.next_page_token
