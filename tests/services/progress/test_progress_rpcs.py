from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

from services.kit.rpc.clients import MeshChannel
from stellr.course.v1 import course_internal_service_pb2 as course_pb
from stellr.quiz.v1.events_pb2 import QuizPassed
from tests import support
from tests.services import outbox
from tests.services.own_course import change_course, import_course, make_course
from tests.services.progress.learning import Lessons, finish, mark, pass_quizzes, quizzes_of
from tests.support import Learner, Stack, Visitor, eventually, reason, violations

Mesh = Callable[[str, str], MeshChannel]
Learners = Callable[..., Learner]


def test_a_new_learner_has_done_nothing(enrolled: Learners, lessons: Lessons) -> None:
    somebody = enrolled()
    (progress,) = somebody.get("/progress/me").json()["courses"]
    assert progress["totalLessons"] == len(lessons)
    assert progress["quizzesTotal"] == sum(lesson["hasQuiz"] for lesson in lessons)
    assert progress["completedLessons"] == progress["quizzesPassed"] == progress["percentage"] == 0
    assert progress["completed"] is False
    assert progress["lastLessonId"] == ""
    assert progress["enrollTime"]
    assert not progress.get("completeTime")


def test_marking_counts_and_again_is_harmless(enrolled: Learners, lessons: Lessons) -> None:
    somebody, first, second = enrolled(), lessons[0]["lessonId"], lessons[1]["lessonId"]
    assert mark(somebody, first)["completedLessons"] == 1
    progress = mark(somebody, second)
    assert progress["completedLessons"] == 2
    steps = len(lessons) + progress["quizzesTotal"]
    assert progress["percentage"] == 200 // steps
    assert progress["lastLessonId"] == second
    assert mark(somebody, first) == progress
    assert somebody.get("/progress/me").json()["courses"] == [progress]


def test_marking_a_lesson_incomplete(enrolled: Learners, lessons: Lessons) -> None:
    somebody, lesson = enrolled(), lessons[0]["lessonId"]
    mark(somebody, lesson)
    for _ in range(2):
        answer = somebody.post("/progress/mark-incomplete", {"lessonId": lesson})
        assert answer.status_code == 200
        assert answer.json()["completedLessons"] == answer.json()["percentage"] == 0


def test_a_hundred_marks_at_once_count_once(enrolled: Learners, lessons: Lessons) -> None:
    somebody = enrolled()
    with ThreadPoolExecutor(10) as pool:
        ids = [lesson["lessonId"] for lesson in lessons]
        list(pool.map(lambda number: mark(somebody, ids[number % len(ids)]), range(100)))
    (progress,) = somebody.get("/progress/me").json()["courses"]
    assert progress["completedLessons"] == len(lessons)


def test_each_lesson_is_told(
    stack: Stack, enrolled: Learners, lessons: Lessons, course: dict[str, Any]
) -> None:
    somebody = enrolled()
    quizzes = quizzes_of(lessons)
    mark(somebody, lessons[1]["lessonId"])
    pass_quizzes(stack, somebody, course["courseId"], quizzes[0])
    for name in (course["courseId"], course["slug"]):
        progress = somebody.get(f"/progress/me/courses/{name}").json()
        told = progress["lessons"]
        assert [one["lessonId"] for one in told] == [one["lessonId"] for one in lessons]
        assert [bool(one.get("completeTime")) for one in told] == [
            number == 1 for number in range(len(lessons))
        ]
        assert [one["lessonId"] for one in told if one["quizPassed"]] == quizzes[:1]
        assert progress["quizzesPassed"] == 1


def test_all_lessons_and_quizzes_complete_the_course(
    stack: Stack, enrolled: Learners, lessons: Lessons, course: dict[str, Any]
) -> None:
    somebody = enrolled()
    for lesson in lessons:
        assert mark(somebody, lesson["lessonId"])["completed"] is False
    pass_quizzes(stack, somebody, course["courseId"], *quizzes_of(lessons))
    (progress,) = somebody.get("/progress/me").json()["courses"]
    assert progress["completed"] is True
    assert progress["percentage"] == 100
    assert progress["completeTime"]
    somebody.post("/progress/mark-incomplete", {"lessonId": lessons[0]["lessonId"]})
    after = somebody.get(f"/progress/me/courses/{course['slug']}").json()
    assert after["completed"] is True
    assert after["percentage"] == 100
    assert after["completeTime"] == progress["completeTime"]
    assert after["completedLessons"] == len(lessons) - 1


def test_lessons_added_later_do_not_take_a_completion_away(learner: Learners, mesh: Mesh) -> None:
    somebody, own = learner(), make_course(mesh)
    somebody.post(f"/courses/{own.course_id}/enroll")
    mark(somebody, own.lesson_id)
    assert mark(somebody, own.preview_id)["completed"] is True
    slug = somebody.get(f"/courses/{own.course_id}").json()["slug"]
    lessons = [
        course_pb.ImportLesson(key=key, title=key, body="Read.")
        for key in ("lesson.md", "preview.md", "new.md")
    ]
    content = course_pb.CourseContent(slug=slug, title="Longer", language="en")
    content.sections.add(title="Section", lessons=lessons)
    import_course(mesh, content)
    progress = somebody.get(f"/progress/me/courses/{own.course_id}").json()
    assert (progress["completedLessons"], progress["totalLessons"]) == (2, 3)
    assert (progress["completed"], progress["percentage"]) == (True, 100)


def test_where_one_left_off_is_a_lesson_of_the_course(stack: Stack) -> None:
    author, somebody = support.author(stack), support.register(stack)
    path = f"/courses/{author.post('/courses', {'title': 'Left off'}).json()['courseId']}"
    first, _, last = (
        author.post(f"{path}/lessons", {"title": title}).json()["lessonId"] for title in "abc"
    )
    author.post(f"{path}:publish")
    somebody.post(f"{path}/enroll")
    mark(somebody, first)
    assert mark(somebody, last)["lastLessonId"] == last
    assert author.delete(f"/lessons/{last}").status_code == 200
    own = f"/progress/me{path}"
    eventually(lambda: somebody.get(own).json()["lastLessonId"] == first)


def test_visitors_have_no_progress(visitor: Visitor, course: dict[str, Any]) -> None:
    answers = [
        visitor.post("/progress/mark-complete", {"lessonId": str(uuid4())}),
        visitor.post("/progress/mark-incomplete", {"lessonId": str(uuid4())}),
        visitor.get("/progress/me"),
        visitor.get(f"/progress/{uuid4()}"),
        visitor.get(f"/progress/me/courses/{course['slug']}"),
    ]
    assert {answer.status_code for answer in answers} == {401}


def test_who_is_not_enrolled_marks_nothing(
    learner: Learners, lessons: Lessons, course: dict[str, Any]
) -> None:
    somebody = learner()
    real = [
        somebody.post(path, {"lessonId": lessons[0]["lessonId"]})
        for path in ("/progress/mark-complete", "/progress/mark-incomplete")
    ]
    unknown = [
        somebody.post("/progress/mark-complete", {"lessonId": name})
        for name in (str(uuid4()), "no-uuid")
    ]
    assert {(one.status_code, reason(one)) for one in real + unknown} == {(404, "LESSON_NOT_FOUND")}
    assert len({one.text for one in real + unknown}) == 1
    for name in (course["courseId"], course["slug"], str(uuid4()), "no-such-course"):
        answer = somebody.get(f"/progress/me/courses/{name}")
        assert (answer.status_code, reason(answer)) == (404, "COURSE_NOT_FOUND")
    assert somebody.get("/progress/me").json()["courses"] == []


def test_the_lesson_must_be_named(learner: Learners) -> None:
    for path in ("/progress/mark-complete", "/progress/mark-incomplete"):
        answer = learner().post(path, {})
        assert answer.status_code == 400
        assert "lessonId" in violations(answer)


def test_another_learner_sees_nothing(
    enrolled: Learners, course: dict[str, Any], lessons: Lessons
) -> None:
    somebody, other = enrolled(), enrolled()
    mark(somebody, lessons[0]["lessonId"])
    for path in ("", f"/courses/{course['courseId']}"):
        assert other.get(f"/progress/{somebody.user_id}{path}").status_code == 404
        assert other.get(f"/progress/not-a-uuid{path}").status_code == 404
        assert somebody.get(f"/progress/{somebody.user_id}{path}").status_code == 200
    assert other.get("/progress/me").json()["courses"][0]["completedLessons"] == 0


def test_an_admin_sees_a_learner(
    stack: Stack, enrolled: Learners, learner: Learners, course: dict[str, Any], lessons: Lessons
) -> None:
    somebody, boss = enrolled(), learner()
    mark(somebody, lessons[0]["lessonId"])
    assert stack.command("admin", "grant", boss.email, "admin").returncode == 0
    boss_token = boss.post("/token/refresh", {"refreshToken": boss.refresh_token}).json()
    admin = Visitor(stack, boss_token["accessToken"])
    (progress,) = admin.get(f"/progress/{somebody.user_id}").json()["courses"]
    assert progress["completedLessons"] == 1
    path = f"/progress/{somebody.user_id}/courses/{course['slug']}"
    assert admin.get(path).json()["completedLessons"] == 1
    assert admin.get("/progress/not-a-uuid").status_code == 404
    assert admin.get(f"/progress/not-a-uuid/courses/{course['slug']}").status_code == 404


def test_courses_come_in_pages_newest_enrollment_first(learner: Learners, mesh: Mesh) -> None:
    somebody = learner()
    made = [make_course(mesh).course_id for _ in range(3)]
    for course_id in made:
        assert somebody.post(f"/courses/{course_id}/enroll").status_code == 200
    seen: list[str] = []
    token = ""
    while True:
        page = somebody.get("/progress/me", pageSize=2, pageToken=token).json()
        seen += [one["courseId"] for one in page["courses"]]
        token = page.get("nextPageToken", "")
        if not token:
            break
    assert seen == made[::-1]
    wrong = somebody.get("/progress/me", pageToken="forged")
    assert wrong.status_code == 400
    assert "pageToken" in violations(wrong)
    assert "pageSize" in violations(somebody.get("/progress/me", pageSize=101))


def test_a_passed_quiz_counts_once(
    stack: Stack, enrolled: Learners, lessons: Lessons, course: dict[str, Any]
) -> None:
    somebody, (first, second, *_) = enrolled(), quizzes_of(lessons)
    for quizzes in ([first], [first, second], [first]):
        pass_quizzes(stack, somebody, course["courseId"], *quizzes)
    assert somebody.get("/progress/me").json()["courses"][0]["quizzesPassed"] == 2


def test_a_pass_that_counts_for_nothing_keeps_no_other_back(
    stack: Stack, enrolled: Learners, lessons: Lessons, course: dict[str, Any]
) -> None:
    somebody, quizzes = enrolled(), quizzes_of(lessons)
    nowhere = QuizPassed(user_id=somebody.user_id, lesson_id=str(uuid4()), course_id=str(uuid4()))
    outbox.write(stack.run["databases"]["quiz"], nowhere)
    pass_quizzes(stack, somebody, course["courseId"], quizzes[0])


def test_a_last_lesson_and_a_last_quiz_at_the_same_moment_complete_the_course(
    stack: Stack, enrolled: Learners, lessons: Lessons, course: dict[str, Any]
) -> None:
    last, course_id = quizzes_of(lessons)[0], course["courseId"]
    others = [lesson for lesson in lessons if lesson["lessonId"] != last]
    for _ in range(3):
        somebody = enrolled()
        finish(stack, somebody, course, others)
        with ThreadPoolExecutor(2) as pool:
            passed = pool.submit(pass_quizzes, stack, somebody, course_id, last)
            marked = pool.submit(mark, somebody, last)
            marked.result()
            passed.result()
        assert somebody.get("/progress/me").json()["courses"][0]["completed"] is True


def test_what_changes_in_a_course_shows_at_once_in_what_is_remembered_of_it(
    learner: Learners, mesh: Mesh
) -> None:
    own, somebody = make_course(mesh), learner()
    somebody.post(f"/courses/{own.course_id}/enroll")
    for _ in range(3):
        assert mark(somebody, own.lesson_id)["quizzesTotal"] == 0
    for quizzes in (2, 0, 2):
        change_course(mesh, own, has_quiz=quizzes > 0)
        eventually(lambda: mark(somebody, own.lesson_id)["quizzesTotal"] == quizzes)  # noqa: B023


def test_a_course_is_no_lesson_also_when_it_is_remembered(
    enrolled: Learners, course: dict[str, Any], lessons: Lessons
) -> None:
    somebody, lesson_id = enrolled(), lessons[0]["lessonId"]
    for _ in range(3):
        mark(somebody, lesson_id)
        time.sleep(0.05)
    for other in (course["courseId"], course["slug"]):
        answer = somebody.post("/progress/mark-complete", {"lessonId": other})
        assert (answer.status_code, reason(answer)) == (404, "LESSON_NOT_FOUND")
    answer = somebody.get(f"/progress/me/courses/{lesson_id}")
    assert (answer.status_code, reason(answer)) == (404, "COURSE_NOT_FOUND")


def test_a_token_of_another_list_is_refused(enrolled: Learners) -> None:
    answer = enrolled().get("/progress/me", pageToken="WzFd.forged")
    assert answer.status_code == 400
    assert set(violations(answer)) == {"pageToken"}
