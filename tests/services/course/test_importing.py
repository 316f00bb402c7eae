from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
import sqlalchemy as sa

from services.course.errors import ImportExpired, ImportUnderWay
from services.kit.errors import InvalidArgument, NotFound
from services.kit.identity.links import CONTENT, LinkCheck, Ticket
from stellr.course.v1 import authoring_service_pb2 as authoring
from stellr.course.v1 import course_internal_service_pb2 as pb
from stellr.course.v1 import course_pb2
from stellr.course.v1 import course_service_pb2 as public
from stellr.course.v1.events_pb2 import OutlineChanged
from tests.services.course.course_process import (
    Imported,
    Process,
    Statements,
    bring,
    content,
    lesson,
    plan,
)


def get(process: Process, reference: str = "stars") -> course_pb2.Course:
    found: course_pb2.Course = process("GetCourse", public.GetCourseRequest(course=reference))
    return found


def one_section(*lessons: pb.ImportLesson) -> list[pb.ImportSection]:
    return [pb.ImportSection(title="All", lessons=lessons)]


def commit(process: Process, plan_id: str) -> pb.ImportedCourse:
    done: pb.ImportedCourse = process("CommitImport", pb.CommitImportRequest(plan_id=plan_id))
    return done


def expire(process: Process) -> None:
    with process.runtime.database.transaction() as unit:
        unit.session.execute(sa.text("UPDATE import_plans SET expires_at = now()"))


def test_a_new_course_is_whole_and_published(process: Process) -> None:
    imported = bring(process, content())
    assert imported.changed
    course = get(process)
    assert course.course_id == imported.course_id
    assert (course.category, list(course.tags)) == ("Science", ["Sky", "Night"])
    assert (course.lesson_count, course.duration_minutes) == (3, 30)
    outline = [(s.title, [(i.title, i.position) for i in s.lessons]) for s in course.sections]
    assert outline == [("One", [("A", 1), ("B", 2)]), ("Two", [("C", 3)])]
    assert [i.lesson_id for s in course.sections for i in s.lessons] == imported.ids
    request = authoring.PublishCourseRequest(course=imported.course_id)
    assert process("PublishCourse", request, None, "admin").etag == course.etag


def test_the_same_again_changes_nothing(process: Process) -> None:
    first, before = bring(process, content()), get(process)
    again = bring(process, content())
    assert not again.changed
    assert again.lessons == first.lessons
    assert get(process).etag == before.etag


def test_learners_see_nothing_of_a_plan(process: Process) -> None:
    before = (bring(process, content()), get(process))[1]
    new = lesson("new", has_quiz=True)
    planned = plan(process, content(title="Suns", sections=one_section(new)))
    assert get(process) == before
    with pytest.raises(NotFound):
        process("GetOutline", pb.GetOutlineRequest(lesson_id=planned.lessons[0].lesson_id))


def test_a_lesson_that_gains_a_quiz_does_so_at_the_commit(process: Process) -> None:
    bring(process, content())
    with_quiz = [lesson("a", preview=True), lesson("b", has_quiz=True), lesson("d", has_quiz=True)]
    assert bring(process, content(sections=one_section(*with_quiz))).changed
    (section,) = get(process).sections
    assert [each.has_quiz for each in section.lessons] == [False, True, True]
    assert bring(process, content()).changed
    assert not any(each.has_quiz for part in get(process).sections for each in part.lessons)


def test_lessons_keep_their_ids_through_leaving_and_coming_back(process: Process) -> None:
    first = bring(process, content()).lessons
    moved = one_section(lesson("c", title="New"), lesson("a"))
    second = bring(process, content(sections=moved))
    assert second.changed
    assert second.lessons == {"c": first["c"], "a": first["a"]}
    course = get(process)
    assert [item.title for item in course.sections[0].lessons] == ["New", "A"]
    assert (len(course.sections), course.lesson_count, course.duration_minutes) == (1, 2, 20)
    assert bring(process, content()).lessons == first


def test_paths_that_change_places_leave_ids_with_their_lessons(process: Process) -> None:
    first = bring(process, content(sections=one_section(lesson("1"), lesson("2")))).ids
    swapped = (
        lesson("1", title="2", body="# 2"),
        lesson("2", title="New", body="Something else"),
        lesson("3", title="1", body="# 1"),
    )
    second = bring(process, content(sections=one_section(*swapped))).ids
    assert (second[0], second[2]) == (first[1], first[0])
    assert second[1] not in first


def test_missed_lessons_are_told_before_anything_changes(process: Process) -> None:
    first, before = bring(process, content()), get(process)
    fewer = content(title="Fewer", sections=one_section(lesson("a"), lesson("new")))
    planned = plan(process, fewer, remove_lessons=False)
    assert not planned.lessons
    told = [(each.lesson_id, each.title, each.key) for each in planned.removed_lessons]
    assert told == [(first.lessons["b"], "B", "b"), (first.lessons["c"], "C", "c")]
    assert get(process) == before
    assert plan(process, fewer, validate_only=True).removed_lessons == planned.removed_lessons
    # Nothing was planned, so nobody waits.
    assert not bring(process, content()).changed


def test_validating_makes_nothing(process: Process) -> None:
    assert plan(process, content(), validate_only=True) == pb.ImportPlan()
    with pytest.raises(NotFound):
        process("GetCourseTitle", pb.GetCourseTitleRequest(course="stars"))
    planned = plan(process, content())
    checked = plan(process, content(), validate_only=True)
    assert checked == pb.ImportPlan(course_id=planned.course_id)


def test_every_change_is_seen_and_marked(process: Process) -> None:
    bring(process, content())
    changes: list[dict[str, Any]] = [
        {"title": "Suns"},
        {"tags": ["Night", "Sky"]},
        {"tags": []},
        {"category": ""},
        {"authors": ["Ada", "Grace"]},
        {"sections": one_section(lesson("a", body="other"))},
        {"sections": one_section(lesson("a", body="other", author_id="one"))},
        {"sections": one_section(lesson("z", body="other", author_id="one"))},
    ]
    etags = {get(process).etag}
    for change in changes:
        assert bring(process, content(**change)).changed, change
        etags.add(get(process).etag)
    assert len(etags) == len(changes) + 1


def test_500_lessons_take_few_statements(process: Process, statements: Statements) -> None:
    lessons = [lesson(f"lesson-{number}") for number in range(500)]
    bring(process, content(sections=one_section(*lessons)))
    assert statements.count <= 40


def test_another_import_waits_for_the_commit_or_the_end_of_the_plan(process: Process) -> None:
    plan_id = str(uuid4())
    planned = plan(process, content(), plan_id=plan_id)
    assert 0 < planned.lifetime.ToTimedelta().total_seconds() <= 60
    with pytest.raises(ImportUnderWay):
        bring(process, content())
    assert plan(process, content(), plan_id=plan_id) == planned
    commit(process, plan_id)
    assert not bring(process, content()).changed


def test_an_import_that_ended_midway_leaves_its_ids_to_the_next(process: Process) -> None:
    old = bring(process, content())
    longer = content(sections=one_section(*map(lesson, "abcdef")))
    plan_id = str(uuid4())
    planned = plan(process, longer, plan_id=plan_id)
    expire(process)
    again = bring(process, longer)
    assert list(again.lessons.items()) == [(it.key, it.lesson_id) for it in planned.lessons]
    assert again.ids[:3] == old.ids
    with pytest.raises(ImportExpired):
        commit(process, plan_id)


def test_ids_of_a_plan_that_ended_are_not_those_of_other_lessons(process: Process) -> None:
    old = bring(process, content())
    renamed = one_section(lesson("a"), lesson("x", title="B", body="# b"), lesson("c"))
    plan(process, content(sections=renamed))
    expire(process)
    other = one_section(lesson("a"), lesson("x", title="New", body="other"), lesson("c"))
    assert bring(process, content(sections=other)).lessons["x"] not in old.ids


def test_a_cancelled_import_keeps_nobody_waiting(process: Process) -> None:
    plan_id = str(uuid4())
    plan(process, content(title="Never"), plan_id=plan_id)
    for _ in range(2):
        process("CancelImport", pb.CancelImportRequest(plan_id=plan_id))
    bring(process, content())
    assert get(process).title == "Stars"
    process("CancelImport", pb.CancelImportRequest(plan_id=plan_id))
    assert not bring(process, content()).changed


def test_committing_again_answers_the_same(process: Process) -> None:
    plan_id = str(uuid4())
    plan(process, content(), plan_id=plan_id)
    done = process.at_once(16, lambda _: commit(process, plan_id))
    assert all(each == done[0] for each in done)
    assert done[0].changed
    with pytest.raises(ImportExpired):
        commit(process, str(uuid4()))


def test_links_take_the_place_of_what_the_author_wrote(process: Process) -> None:
    written = lesson("a", body="星 [b](b.md), ![c](<c.png>).", preview=True)
    course, plan_id = content(sections=one_section(written, lesson("b"))), str(uuid4())
    ids = [each.lesson_id for each in plan(process, course, plan_id=plan_id).lessons]
    links = [
        pb.BodyLink(start=6, end=10, path=f"/lessons/{ids[1]}#x"),
        pb.BodyLink(start=18, end=25, path="/media/content/1", signed=True),
    ]
    request = pb.CommitImportRequest(
        plan_id=plan_id, lessons=[pb.LessonLinks(lesson_id=ids[0], links=links)]
    )
    assert process("CommitImport", request).changed
    body = process("GetLesson", public.GetLessonRequest(lesson_id=ids[0])).body
    start, signed, end = re.split(r"(http\S+)(?=\)\.)", body)
    assert (start, end) == (f"星 [b](/lessons/{ids[1]}#x), ![c](", ").")
    url = urlsplit(signed)
    query = {name: values[0] for name, values in parse_qs(url.query).items()}
    runtime = process.runtime
    assert f"{url.scheme}://{url.netloc}" == runtime.settings.public_url
    ticket = Ticket(int(query["expires"]), "", "", query["signature"])
    LinkCheck(runtime.shared_signer(CONTENT), runtime.revocations).check(url.path, ticket)

    assert bring(process, course).changed
    assert process("GetLesson", public.GetLessonRequest(lesson_id=ids[0])).body == written.body


def test_bad_content_is_refused_by_its_plan(process: Process) -> None:
    with pytest.raises(InvalidArgument):
        plan(process, content(sections=one_section(lesson("a"), lesson("a"))))
    with pytest.raises(NotFound):
        get(process)


def test_imports_of_one_slug_take_turns(process: Process) -> None:
    def attempt(number: int) -> Imported | None:
        try:
            return bring(process, content(title=f"T{number % 2}"))
        except ImportUnderWay:
            return None

    made = [each for each in process.at_once(40, attempt) if each]
    assert made
    assert len({item.course_id for item in made}) == 1
    assert len({tuple(item.ids) for item in made}) == 1


def test_a_hundred_make_the_same_new_names(process: Process) -> None:
    tags = ["C", "C++", "C#", "Sky"]

    def make(number: int) -> Imported:
        spelled = tags if number % 2 else [tag.lower() for tag in reversed(tags)]
        return bring(process, content(f"course-{number}", tags=spelled, category="Science"))

    process.at_once(100, make)
    request = public.ListCoursesRequest(tags=["c++", "SKY"], category="science")
    assert process("ListCourses", request).total_size == 100
    one = get(process, "course-1")
    assert {tag.lower() for tag in one.tags} == {tag.lower() for tag in tags}


def test_a_quiz_that_is_brought_later_changes_the_course_once(
    start: Callable[[], Process],
) -> None:
    process = start()
    bring(process, content())
    before = get(process).etag
    course = content()
    course.sections[0].lessons[1].has_quiz = True
    assert bring(process, course).changed
    marked = get(process)
    assert marked.etag != before
    assert [i.has_quiz for s in marked.sections for i in s.lessons] == [False, True, False]
    assert not bring(process, course).changed
    assert get(process).etag == marked.etag
    assert len(process.told(OutlineChanged)) == 2
