from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC
from uuid import UUID, uuid4

import pytest

from services.clients.course import Courses
from services.kit.data.database import Database
from services.kit.errors import NotFound
from services.kit.events import cache as caches
from services.kit.events import events as whole
from services.kit.events.cache import EventCache
from services.kit.rpc.clients import MeshChannel
from services.progress.service import SERVICE
from stellr.course.v1 import course_internal_service_pb2 as pb
from tests.services.in_process import runtime_of
from tests.services.known_courses import ENROLLED_AT, CourseStub, known_courses, lesson
from tests.services.own_course import import_course, make_course
from tests.support import Learner, Stack, eventually

COURSE, LEARNER = uuid4(), uuid4()
OPEN, PREVIEW = uuid4(), uuid4()


@pytest.fixture
def stub() -> CourseStub:
    made = CourseStub()
    made.publish(COURSE, lesson(OPEN, has_quiz=True), lesson(PREVIEW, preview=True))
    made.enroll(LEARNER, COURSE)
    return made


@pytest.fixture
def followed(
    stack: Stack, database_of: Callable[[str], Database], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Courses]:
    """What a process keeps of the stack's courses, with the events that course tells."""
    monkeypatch.setattr(whole, "SETTLING_SECONDS", 0.1)
    runtime = runtime_of(SERVICE, stack, database_of("progress"), monkeypatch)
    courses = Courses.of(runtime)
    runtime.supervisor.start()
    runtime.events.start(runtime.supervisor)
    yield courses
    runtime.supervisor.stop(5)
    runtime.close()


def test_an_outline_is_asked_for_once_under_all_its_names(stub: CourseStub) -> None:
    courses = known_courses(stub)
    outline = courses.find(str(COURSE))
    names = (str(COURSE), str(COURSE).upper(), COURSE.hex, f"slug-{COURSE}")
    assert all(courses.find(name) is outline for name in names)
    assert courses.of_lesson(str(OPEN)) is courses.of_lesson(str(PREVIEW)) is outline
    assert len(stub.asked) == 1


def test_an_outline_tells_of_its_lessons(stub: CourseStub) -> None:
    outline = known_courses(stub).of_lesson(str(OPEN))
    assert (outline.course_id, outline.slug) == (COURSE, f"slug-{COURSE}")
    assert [each.lesson_id for each in outline.lessons] == [str(OPEN), str(PREVIEW)]
    assert outline.lesson_ids == {str(OPEN), str(PREVIEW)}
    assert outline.quiz_ids == {str(OPEN)}
    assert outline.previews == {str(PREVIEW)}


def test_that_a_course_is_not_published_is_remembered_for_lists_alone(stub: CourseStub) -> None:
    courses = known_courses(stub)
    stub.withdraw(COURSE)
    assert [courses.find_or_empty(str(COURSE)).is_published for _ in range(3)] == [False] * 3
    assert len(stub.asked) == 1
    stub.publish(COURSE, lesson(OPEN))
    outline = courses.find(str(COURSE))
    assert courses.find_or_empty(str(COURSE)) is outline
    assert outline.is_published
    assert len(stub.asked) == 2


def test_a_course_is_no_lesson_and_a_lesson_no_course(stub: CourseStub) -> None:
    courses = known_courses(stub)
    courses.find(str(COURSE))
    with pytest.raises(NotFound):
        courses.of_lesson(str(COURSE))
    with pytest.raises(NotFound):
        courses.find(str(OPEN))


def test_enrollments_are_asked_for_once_newest_first(stub: CourseStub) -> None:
    newer = uuid4()
    stub.enroll(LEARNER, newer)
    courses = known_courses(stub)
    found = courses.enrollments(LEARNER)
    assert list(found) == [newer, COURSE]
    assert ENROLLED_AT < found[COURSE] < found[newer]
    assert found[COURSE].tzinfo is UTC
    assert courses.enrollments(LEARNER) is found
    assert len(stub.asked) == 1


def test_who_is_in_no_course_is_kept_as_well(stub: CourseStub) -> None:
    courses, nobody = known_courses(stub), uuid4()
    assert [courses.enrollments(nobody) for _ in range(2)] == [{}, {}]
    assert len(stub.asked) == 1


def test_nothing_is_kept_while_changes_are_not_told(stub: CourseStub) -> None:
    courses = known_courses(stub, live=False)
    for _ in range(2):
        courses.find(str(COURSE))
        courses.enrollments(LEARNER)
    assert len(stub.asked) == 4


def test_what_is_not_found_is_never_kept(stub: CourseStub) -> None:
    courses, later, its_lesson = known_courses(stub), uuid4(), uuid4()
    for _ in range(2):
        with pytest.raises(NotFound):
            courses.find(str(later))
        with pytest.raises(NotFound):
            courses.of_lesson(str(its_lesson))
    stub.publish(later, lesson(its_lesson))
    assert courses.find(str(later)) is courses.of_lesson(str(its_lesson))


@pytest.mark.parametrize(
    ("lesson_id", "user_id", "expected"),
    [
        (OPEN, LEARNER, True),
        (OPEN, uuid4(), False),
        (OPEN, None, False),
        (PREVIEW, LEARNER, True),
        (PREVIEW, uuid4(), True),
        (PREVIEW, None, True),
        (uuid4(), LEARNER, False),
        (COURSE, LEARNER, False),
    ],
)
def test_the_enrolled_read_lessons_and_all_read_previews(
    stub: CourseStub, lesson_id: UUID, user_id: UUID | None, expected: bool
) -> None:
    assert known_courses(stub).may_read(str(lesson_id), user_id) is expected


def test_who_has_just_enrolled_is_let_in_before_the_event_comes(
    stub: CourseStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caches, "BELIEVED_SECONDS", 60.0)
    courses, somebody = known_courses(stub), uuid4()
    assert courses.may_read(str(OPEN), somebody) is False
    stub.enroll(somebody, COURSE)
    assert courses.may_read(str(OPEN), somebody) is False
    # As after a minute.
    monkeypatch.setattr(caches, "BELIEVED_SECONDS", 0.0)
    stub.asked.clear()
    assert courses.may_read(str(OPEN), somebody) is True
    assert courses.enrolled_since(somebody, COURSE)
    assert len(stub.asked) == 1


def test_a_refusal_asks_course_once_a_second_and_an_admission_never_again(
    stub: CourseStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    courses, stranger = known_courses(stub), uuid4()
    for user_id in (LEARNER, stranger):
        courses.may_read(str(OPEN), user_id)
    stub.asked.clear()
    # What is known is old at first; what was asked for then is new.
    for believed in (0.0, 60.0, 60.0):
        monkeypatch.setattr(caches, "BELIEVED_SECONDS", believed)
        assert courses.may_read(str(OPEN), LEARNER) is True
        assert courses.may_read(str(OPEN), stranger) is False
    assert [request.user_id for request in stub.asked] == [str(stranger)]


def test_an_event_that_is_held_back_refuses_nobody_who_has_enrolled(
    followed: Courses,
    mesh: Callable[[str, str], MeshChannel],
    learner: Callable[..., Learner],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own, somebody = make_course(mesh), learner()
    user_id = UUID(somebody.user_id)
    eventually(lambda: followed.enrollments(user_id) is followed.enrollments(user_id))
    before = followed.enrollments(user_id)
    monkeypatch.setattr(EventCache, "drop", lambda *_: None)
    somebody.post(f"/courses/{own.course_id}/enroll")
    assert followed.enrollments(user_id) is before
    eventually(lambda: followed.may_read(own.lesson_id, user_id), caches.BELIEVED_SECONDS + 0.5)


def test_an_outline_is_kept_until_its_course_changes(
    followed: Courses, mesh: Callable[[str, str], MeshChannel]
) -> None:
    own, other = make_course(mesh), make_course(mesh)
    eventually(lambda: followed.find(own.course_id) is followed.of_lesson(own.lesson_id))
    before = followed.find(own.course_id)
    untouched = eventually(lambda: kept(followed, other.course_id))
    content = pb.CourseContent(slug=before.slug, title="Shorter", language="en")
    only = pb.ImportLesson(key="preview.md", title="Preview", body="A taste.", preview=True)
    content.sections.add(title="Section", lessons=[only])
    import_course(mesh, content)
    eventually(lambda: followed.find(own.course_id).lesson_ids == {own.preview_id})
    assert followed.find(before.slug).title == "Shorter"
    assert followed.may_read(own.lesson_id, None) is False
    with pytest.raises(NotFound):
        followed.of_lesson(own.lesson_id)
    assert followed.find(other.course_id) is untouched


def test_enrollments_are_kept_until_the_learner_enrolls(
    followed: Courses, mesh: Callable[[str, str], MeshChannel], learner: Callable[..., Learner]
) -> None:
    own, somebody = make_course(mesh), learner()
    user_id = UUID(somebody.user_id)
    eventually(lambda: followed.enrollments(user_id) is followed.enrollments(user_id))
    assert followed.may_read(own.lesson_id, user_id) is False
    somebody.post(f"/courses/{own.course_id}/enroll")
    eventually(lambda: followed.may_read(own.lesson_id, user_id))
    assert list(followed.enrollments(user_id)) == [UUID(own.course_id)]


def kept(courses: Courses, course: str) -> object:
    """The outline once it is kept, else None."""
    found = courses.find(course)
    return found if courses.find(course) is found else None
