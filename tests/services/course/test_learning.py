from __future__ import annotations

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from services.clients.errors import CourseNotFound, LessonNotFound
from services.course import learning
from services.kit.errors import InvalidArgument, NotFound, Unauthenticated
from services.kit.events import cache as caches
from services.kit.events.cache import EventCache
from stellr.course.v1 import course_internal_service_pb2 as internal
from stellr.course.v1 import course_pb2
from stellr.course.v1 import course_service_pb2 as pb
from stellr.course.v1.events_pb2 import EnrollmentChanged
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


def end_enrollments(process: Process) -> None:
    with process.runtime.database.transaction() as unit:
        unit.session.execute(sa.text("UPDATE enrollments SET state = 'ended'"))


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
    end_enrollments(process)
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


def test_lessons_lead_to_each_other(process: Process) -> None:
    ids, learner = bring(process, content()).ids, uuid4()
    enroll(process, learner)
    lessons = [read(process, id_, learner) for id_ in ids]
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


def test_lessons_at_hand_cost_no_statement(process: Process, statements: Statements) -> None:
    ids, learner = bring(process, content()).ids, uuid4()
    enroll(process, learner)

    def cost() -> int:
        statements.count = 0
        assert [read(process, id_, learner).lesson_id for id_ in ids] == ids
        return statements.count

    eventually(lambda: cost() == 0)
    bring(process, content(title="Suns"))
    assert cost() == len(ids)


def test_other_processes_let_in_who_enrolled_here(start: Callable[[], Process]) -> None:
    one, other = start(), start()
    lesson_id, learner = bring(one, content()).ids[1], uuid4()
    with pytest.raises(NotFound):
        read(other, lesson_id, learner)
    enroll(one, learner)
    assert eventually(lambda: _is_let_in(other, lesson_id, learner), 2)


def test_who_enrolled_elsewhere_is_let_in_before_the_event_is_heard(
    start: Callable[[], Process], monkeypatch: pytest.MonkeyPatch, statements: Statements
) -> None:
    one, other = start(), start()
    lesson_id, learner, stranger = bring(one, content()).ids[1], uuid4(), uuid4()
    # Nothing is dropped by what `other` hears: as if its events were under way for ever.
    monkeypatch.setattr(EventCache, "drop", lambda *_: None)
    monkeypatch.setattr(caches, "BELIEVED_SECONDS", 0.3)

    def cost(of: UUID) -> int:
        statements.count = 0
        assert not _is_let_in(other, lesson_id, of)
        return statements.count

    eventually(lambda: cost(learner) == 0)
    enroll(one, learner)
    eventually(lambda: _is_let_in(other, lesson_id, learner), 1)
    # Who is refused costs one statement, and then none for a while.
    eventually(lambda: cost(stranger) == 0)
    eventually(lambda: cost(stranger) == 1)
    assert cost(stranger) == 0


def _is_let_in(process: Process, lesson_id: str, learner: UUID) -> bool:
    try:
        return read(process, lesson_id, learner).lesson_id == lesson_id
    except NotFound:
        return False


def test_an_enrollment_is_told_once(process: Process) -> None:
    course_id, learner = bring(process, content()).course_id, uuid4()
    process.at_once(20, lambda _: enroll(process, learner))
    told = EnrollmentChanged(user_id=str(learner), course_id=course_id)
    assert process.told(EnrollmentChanged) == [told]
    with pytest.raises(NotFound):
        enroll(process, learner, "none")
    end_enrollments(process)
    enroll(process, learner)
    assert process.told(EnrollmentChanged) == [told, told]


def test_an_outline_at_hand_costs_what_leads_from_lesson_to_course(
    process: Process, statements: Statements
) -> None:
    imported = bring(process, content())
    by_course = [internal.GetOutlineRequest(course=c) for c in (imported.course_id, "stars")]
    by_lesson = internal.GetOutlineRequest(lesson_id=imported.ids[2])

    def cost() -> int:
        statements.count = 0
        found = [process("GetOutline", request) for request in (*by_course, by_lesson)]
        assert found == [found[0]] * 3
        return statements.count

    eventually(lambda: cost() == 1)
    outline = process("GetOutline", by_lesson)
    assert (outline.course_id, outline.slug, outline.title) == (
        imported.course_id,
        "stars",
        "Stars",
    )
    assert [lesson.lesson_id for lesson in outline.lessons] == imported.ids
    assert [lesson.position for lesson in outline.lessons] == [1, 2, 3]
    assert [lesson.preview for lesson in outline.lessons] == [True, False, False]


def test_an_outline_is_of_published_courses_alone(process: Process) -> None:
    draft = plan(process, content("draft"))
    lesson_id = draft.lessons[0].lesson_id
    for request in (
        internal.GetOutlineRequest(course="draft"),
        internal.GetOutlineRequest(course=draft.course_id),
        internal.GetOutlineRequest(course="a\0b"),
        internal.GetOutlineRequest(lesson_id=lesson_id),
        internal.GetOutlineRequest(lesson_id=str(uuid4())),
        internal.GetOutlineRequest(lesson_id="none"),
    ):
        missing = CourseNotFound if request.HasField("course") else LessonNotFound
        with pytest.raises(missing):
            process("GetOutline", request)


def enrollments(process: Process, learner: UUID) -> list[internal.LearnerEnrollment]:
    request = internal.ListLearnerEnrollmentsRequest(user_id=str(learner))
    return list(process("ListLearnerEnrollments", request).enrollments)


def test_the_mesh_hears_who_is_in_which_courses_since_when(
    process: Process, statements: Statements
) -> None:
    learner, expected = uuid4(), []
    assert enrollments(process, learner) == []
    for number in range(3):
        course_id = bring(process, content(f"course-{number}")).course_id
        since = enroll(process, learner, course_id).create_time
        expected.insert(0, internal.LearnerEnrollment(course_id=course_id, enroll_time=since))
        assert enrollments(process, learner) == expected

    statements.count = 0
    assert enrollments(process, learner) == expected
    assert statements.count == 1
    assert enrollments(process, uuid4()) == []


def test_of_many_courses_the_newest_count(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learning, "MOST_COURSES", 2)
    learner, ids = uuid4(), []
    for number in range(3):
        ids.append(bring(process, content(f"course-{number}")).course_id)
        enroll(process, learner, ids[-1])
    assert [each.course_id for each in enrollments(process, learner)] == [ids[2], ids[1]]


def test_who_left_is_in_no_course(process: Process) -> None:
    bring(process, content())
    learner = uuid4()
    enroll(process, learner)
    end_enrollments(process)
    assert enrollments(process, learner) == []
