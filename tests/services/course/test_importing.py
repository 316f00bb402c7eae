from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stellr.course.v1 import course_internal_service_pb2 as pb
from stellr.course.v1 import course_pb2
from stellr.course.v1 import course_service_pb2 as public
from tests.services.course.course_process import Process, Statements, content, lesson, publish


def get(process: Process, reference: str = "stars") -> course_pb2.Course:
    found: course_pb2.Course = process("GetCourse", public.GetCourseRequest(course=reference))
    return found


def keys(imported: pb.ImportedCourse) -> dict[str, str]:
    return {item.key: item.lesson_id for item in imported.lessons}


def test_a_new_course_is_whole_and_not_published(process: Process) -> None:
    imported = process("ImportCourse", content())
    assert imported.changed
    assert not imported.published
    request = pb.PublishCourseRequest(course_id=imported.course_id)
    course = process("PublishCourse", request)
    assert (course.category, list(course.tags)) == ("Science", ["Sky", "Night"])
    assert (course.lesson_count, course.duration_minutes) == (3, 30)
    outline = [(s.title, [(i.title, i.position) for i in s.lessons]) for s in course.sections]
    assert outline == [("One", [("A", 1), ("B", 2)]), ("Two", [("C", 3)])]
    assert process("PublishCourse", request).etag == course.etag
    assert get(process, imported.course_id) == get(process) == course


def test_the_same_again_changes_nothing(process: Process, statements: Statements) -> None:
    first, before = publish(process, content()), get(process)
    again = process("ImportCourse", content())
    assert not again.changed
    assert again.published
    assert again.lessons == first.lessons
    assert get(process).etag == before.etag


def test_lessons_keep_their_ids_through_leaving_and_coming_back(process: Process) -> None:
    first = keys(publish(process, content()))
    moved = [pb.ImportSection(title="All", lessons=[lesson("c", title="New"), lesson("a")])]
    second = process("ImportCourse", content(sections=moved))
    assert second.changed
    assert keys(second) == {"c": first["c"], "a": first["a"]}
    course = get(process)
    assert [item.title for item in course.sections[0].lessons] == ["New", "A"]
    assert (len(course.sections), course.lesson_count, course.duration_minutes) == (1, 2, 20)
    assert keys(process("ImportCourse", content())) == first


def test_every_change_is_seen_and_marked(process: Process) -> None:
    publish(process, content())
    changes: list[dict[str, Any]] = [
        {"title": "Suns"},
        {"tags": ["Night", "Sky"]},
        {"tags": []},
        {"category": ""},
        {"authors": ["Ada", "Grace"]},
        {"sections": [pb.ImportSection(title="One", lessons=[lesson("a", body="other")])]},
    ]
    etags = {get(process).etag}
    for change in changes:
        assert process("ImportCourse", content(**change)).changed, change
        etags.add(get(process).etag)
    assert len(etags) == len(changes) + 1


def test_500_lessons_take_few_statements(process: Process, statements: Statements) -> None:
    lessons = [lesson(f"lesson-{number}") for number in range(500)]
    process("ImportCourse", content(sections=[pb.ImportSection(title="x", lessons=lessons)]))
    assert statements.count <= 30


def test_imports_of_one_slug_take_turns(process: Process) -> None:
    made = process.at_once(20, lambda n: process("ImportCourse", content(title=f"T{n % 2}")))
    assert len({item.course_id for item in made}) == 1
    assert len({tuple(keys(item).values()) for item in made}) == 1


def test_a_hundred_make_the_same_new_names(process: Process) -> None:
    tags = ["C", "C++", "C#", "Sky"]

    def bring(number: int) -> pb.ImportedCourse:
        spelled = tags if number % 2 else [tag.lower() for tag in reversed(tags)]
        return publish(process, content(f"course-{number}", tags=spelled, category="Science"))

    process.at_once(100, bring)
    request = public.ListCoursesRequest(tags=["c++", "SKY"], category="science")
    assert process("ListCourses", request).total_size == 100
    one = get(process, "course-1")
    assert {tag.lower() for tag in one.tags} == {tag.lower() for tag in tags}


def test_a_quiz_marks_the_course_once(start: Callable[[], Process]) -> None:
    process = start()
    imported = publish(process, content())
    request = pb.SetLessonQuizRequest(lesson_id=imported.lessons[1].lesson_id, has_quiz=True)
    before = get(process).etag
    assert process("SetLessonQuiz", request).has_quiz
    marked = get(process)
    assert marked.etag != before
    assert [i.has_quiz for s in marked.sections for i in s.lessons] == [False, True, False]
    process.at_once(16, lambda _: process("SetLessonQuiz", request))
    assert get(process).etag == marked.etag
    assert not process("ImportCourse", content()).changed
