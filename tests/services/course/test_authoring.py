"""What authors do to their courses, on a process of the service."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from services.clients.errors import NotYourCourse
from services.course import models
from services.course.course_changes import slugs_for
from services.course.errors import (
    CourseFull,
    CourseNotReady,
    ImportExpired,
    LabelInUse,
    LabelNotFound,
    NameTaken,
    SectionInUse,
    SectionNotFound,
    SlugTaken,
)
from services.course.repository import authoring, imports, labels
from services.course.repository.label_lists import CATEGORIES, TAGS
from services.kit.errors import DomainError, EtagStale, InvalidFields, NotFound
from stellr.course.v1 import authoring_service_pb2 as pb
from stellr.course.v1 import course_internal_service_pb2 as internal
from stellr.course.v1 import course_pb2
from stellr.course.v1 import course_service_pb2 as public
from tests.services.course.course_process import Process, bring, content, draft, plan

ANN, BOB = uuid4(), uuid4()


def create(process: Process, owner: UUID = ANN, **values: Any) -> course_pb2.Course:
    change = pb.CourseChange(**{"title": "The sea", **values})
    made: course_pb2.Course = process(
        "CreateCourse", pb.CreateCourseRequest(course=change), owner, "author"
    )
    return made


def update(
    process: Process, course: str, owner: UUID = ANN, mask: tuple[str, ...] = (), **values: Any
) -> course_pb2.Course:
    request = pb.UpdateCourseRequest(
        course=course, change=pb.CourseChange(**values), update_mask=FieldMask(paths=mask)
    )
    changed: course_pb2.Course = process("UpdateCourse", request, owner, "author")
    return changed


def add_lesson(process: Process, course: str, title: str, **values: Any) -> course_pb2.Lesson:
    lesson = pb.LessonChange(title=title, **values)
    made: course_pb2.Lesson = process(
        "CreateLesson", pb.CreateLessonRequest(course=course, lesson=lesson), ANN, "author"
    )
    return made


def change_lesson(process: Process, lesson_id: str, **values: Any) -> course_pb2.Lesson:
    request = pb.UpdateLessonRequest(lesson_id=lesson_id, lesson=pb.LessonChange(**values))
    changed: course_pb2.Lesson = process("UpdateLesson", request, ANN, "author")
    return changed


def publish(process: Process, course: str, owner: UUID = ANN) -> course_pb2.Course:
    request = pb.PublishCourseRequest(course=course)
    published: course_pb2.Course = process("PublishCourse", request, owner, "author")
    return published


def get(process: Process, course: str, user_id: UUID | None = None) -> course_pb2.Course:
    found: course_pb2.Course = process("GetCourse", public.GetCourseRequest(course=course), user_id)
    return found


def titles(course: course_pb2.Course) -> list[tuple[str, list[str]]]:
    return [
        (section.title, [each.title for each in section.lessons]) for section in course.sections
    ]


def refused(work: Callable[[], Any]) -> type[DomainError]:
    with pytest.raises(DomainError) as refusal:
        work()
    return type(refusal.value)


def test_a_course_is_made_filled_published_and_put_away(process: Process) -> None:
    made = create(process, summary="Waves", tags=["Sea", "sea", "Water"], category="Nature")
    assert (made.slug, made.language, made.state) == (
        "the-sea",
        "en",
        course_pb2.COURSE_STATE_DRAFT,
    )
    assert (list(made.tags), made.category) == (["Sea", "Water"], "Nature")
    assert refused(lambda: publish(process, "the-sea")) is CourseNotReady
    lesson = add_lesson(process, "the-sea", "Tides", body="# Tides", minutes=7)
    assert (lesson.position, lesson.minutes, lesson.body) == (1, 7, "# Tides")
    published = publish(process, made.course_id)
    assert published.state == course_pb2.COURSE_STATE_PUBLISHED
    assert (published.lesson_count, published.duration_minutes) == (1, 7)
    assert get(process, "the-sea") == published
    found = process("ListCourses", public.ListCoursesRequest(q="tides"))
    assert [each.slug for each in found.courses] == ["the-sea"]
    assert publish(process, made.course_id).etag == published.etag
    later = add_lesson(process, "the-sea", "Storms")
    assert [lesson for _, lesson in titles(get(process, "the-sea"))] == [["Tides", "Storms"]]
    assert later.previous_lesson_id == lesson.lesson_id
    process("UnpublishCourse", pb.UnpublishCourseRequest(course="the-sea"), ANN, "author")
    assert refused(lambda: get(process, "the-sea")) is not None
    assert get(process, "the-sea", ANN).state == course_pb2.COURSE_STATE_DRAFT
    process("ArchiveCourse", pb.ArchiveCourseRequest(course="the-sea"), ANN, "author")
    assert get(process, "the-sea", ANN).state == course_pb2.COURSE_STATE_ARCHIVED


def test_a_draft_is_there_for_its_author_alone(process: Process) -> None:
    course_id = draft(process, "Secret", ANN)
    for stranger in (None, BOB):
        assert issubclass(refused(lambda s=stranger: get(process, course_id, s)), NotFound)  # type: ignore[misc]
    assert get(process, course_id, ANN).title == "Secret"
    assert issubclass(refused(lambda: update(process, course_id, BOB, title="Mine")), NotFound)
    publish(process, course_id)
    assert refused(lambda: update(process, course_id, BOB, title="Mine")) is NotYourCourse
    request = pb.UpdateCourseRequest(course=course_id, change=pb.CourseChange(title="Run"))
    assert process("UpdateCourse", request, BOB, "admin").title == "Run"


def test_the_lessons_of_a_draft_are_read_by_its_author(process: Process) -> None:
    course_id = draft(process, "Secret", ANN)
    lesson_id = get(process, course_id, ANN).sections[0].lessons[0].lesson_id
    request = public.GetLessonRequest(lesson_id=lesson_id)
    assert process("GetLesson", request, ANN).title == "First"
    assert issubclass(refused(lambda: process("GetLesson", request, BOB)), NotFound)
    source = pb.GetLessonSourceRequest(lesson_id=lesson_id)
    assert process("GetLessonSource", source, ANN, "author").title == "First"
    assert issubclass(refused(lambda: process("GetLessonSource", source, BOB, "author")), NotFound)


def test_what_is_named_or_present_changes_and_nothing_else(process: Process) -> None:
    made = create(process, summary="Waves", license="MIT", tags=["Sea"], capacity=3)
    changed = update(process, made.course_id, title="The ocean")
    assert (changed.title, changed.summary, changed.license) == ("The ocean", "Waves", "MIT")
    cleared = update(process, made.course_id, mask=("tags", "summary", "capacity"))
    assert (list(cleared.tags), cleared.summary, cleared.capacity) == ([], "", 0)
    for mask in (("*",), ("lessonCount",), ("title",), ("slug",)):
        assert refused(lambda m=mask: update(process, made.course_id, mask=m)) is InvalidFields  # type: ignore[misc]


def test_two_authors_do_not_overwrite_each_other(process: Process) -> None:
    made = create(process)
    etags = [made.etag] * 8

    def write(number: int) -> str:
        try:
            return update(
                process, made.course_id, title=f"Title {number}", etag=etags[number]
            ).title
        except EtagStale:
            return ""

    written = [title for title in process.at_once(8, write) if title]
    assert len(written) == 1
    assert get(process, made.course_id, ANN).title == written[0]
    lesson = add_lesson(process, made.course_id, "One")
    change_lesson(process, lesson.lesson_id, title="Two", etag=lesson.etag)
    stale = {"title": "Three", "etag": lesson.etag}
    assert refused(lambda: change_lesson(process, lesson.lesson_id, **stale)) is EtagStale


def test_an_old_slug_still_finds_its_course_and_is_nobody_elses(process: Process) -> None:
    course_id = draft(process, "The sea", ANN)
    publish(process, course_id)
    assert get(process, "the-sea").course_id == course_id
    update(process, course_id, slug="the-ocean")
    assert get(process, "the-sea").slug == "the-ocean"
    assert get(process, "the-ocean").course_id == course_id
    assert create(process).slug == "the-sea-2"
    assert refused(lambda: create(process, slug="the-sea")) is SlugTaken
    other = create(process, title="Other")
    assert refused(lambda: update(process, other.course_id, slug="the-sea")) is SlugTaken
    assert update(process, course_id, slug="the-sea").slug == "the-sea"
    # An import by the old name brings the same course.
    assert bring(process, content("the-ocean")).course_id == course_id


def test_many_courses_of_one_title_at_once_have_slugs_of_their_own(process: Process) -> None:
    slugs = process.at_once(12, lambda _: create(process).slug)
    assert len(set(slugs)) == 12


def test_slugs_are_plain() -> None:
    assert next(slugs_for("Über C++ & Größe!")) == "uber-c-groe"
    assert next(slugs_for("王小明")).startswith("course-")


def test_lessons_move_and_keep_their_numbers(process: Process) -> None:
    made = create(process)
    request = pb.CreateSectionRequest(course=made.slug, section=pb.SectionChange(title="More"))
    one, two = (add_lesson(process, made.slug, title) for title in ("One", "Two"))
    more = process("CreateSection", request, ANN, "author").section_id
    three = add_lesson(process, made.slug, "Three", section_id=more)
    assert [each.position for each in (one, two, three)] == [1, 2, 3]
    moved = change_lesson(process, one.lesson_id, section_id=more)
    assert (moved.position, moved.section_id) == (3, more)
    course = get(process, made.slug, ANN)
    assert titles(course) == [("Lessons", ["Two"]), ("More", ["Three", "One"])]
    order = [one.lesson_id, two.lesson_id, three.lesson_id]
    reorder = pb.ReorderLessonsRequest(course=made.slug, lesson_ids=order)
    course = process("ReorderLessons", reorder, ANN, "author")
    assert titles(course) == [("Lessons", ["One"]), ("More", ["Two", "Three"])]
    first = course.sections[0].section_id
    sections = [
        pb.SectionOrder(section_id=more, lesson_ids=order[::-1]),
        pb.SectionOrder(section_id=first),
    ]
    reorder = pb.ReorderLessonsRequest(course=made.slug, sections=sections)
    course = process("ReorderLessons", reorder, ANN, "author")
    assert titles(course) == [("More", ["Three", "Two", "One"]), ("Lessons", [])]
    numbers = [lesson.position for section in course.sections for lesson in section.lessons]
    assert numbers == [1, 2, 3]
    delete = pb.DeleteSectionRequest(section_id=more)
    assert refused(lambda: process("DeleteSection", delete, ANN, "author")) is SectionInUse
    process("DeleteSection", pb.DeleteSectionRequest(section_id=first), ANN, "author")
    assert titles(get(process, made.slug, ANN)) == [("More", ["Three", "Two", "One"])]


@pytest.mark.parametrize("wrong", ["missing", "twice", "foreign"])
def test_an_order_has_each_lesson_once(process: Process, wrong: str) -> None:
    made = create(process)
    ids = [add_lesson(process, made.slug, title).lesson_id for title in "AB"]
    asked = {"missing": ids[:1], "twice": [ids[0], ids[0]], "foreign": [*ids, str(uuid4())]}[wrong]
    reorder = pb.ReorderLessonsRequest(course=made.slug, lesson_ids=asked)
    with pytest.raises(InvalidFields) as refusal:
        process("ReorderLessons", reorder, ANN, "author")
    assert {violation.field for violation in refusal.value.violations} == {"lessonIds"}


def test_a_lesson_is_taken_out(process: Process) -> None:
    made = create(process)
    one, two = (add_lesson(process, made.slug, title) for title in ("One", "Two"))
    request = pb.DeleteLessonRequest(lesson_id=one.lesson_id)
    process("DeleteLesson", request, ANN, "author")
    assert titles(get(process, made.slug, ANN)) == [("Lessons", ["Two"])]
    assert issubclass(refused(lambda: process("DeleteLesson", request, ANN, "author")), NotFound)
    read = public.GetLessonRequest(lesson_id=two.lesson_id)
    assert process("GetLesson", read, ANN).position == 1


def test_lessons_added_at_once_are_all_there(process: Process) -> None:
    made = create(process)
    process.at_once(16, lambda number: add_lesson(process, made.slug, f"Lesson {number}"))
    (section,) = get(process, made.slug, ANN).sections
    assert [lesson.position for lesson in section.lessons] == list(range(1, 17))


def test_pictures_that_came_with_an_import_survive_a_change_of_the_text(process: Process) -> None:
    plan_id = str(uuid4())
    course = content()
    course.sections[0].lessons[1].body = "![A](../files/a.png)"
    planned = plan(process, course, plan_id=plan_id)
    lesson_id = planned.lessons[1].lesson_id
    link = internal.BodyLink(start=5, end=19, path="/media/content/a")
    links = internal.LessonLinks(lesson_id=lesson_id, links=[link])
    process("CommitImport", internal.CommitImportRequest(plan_id=plan_id, lessons=[links]))
    text = "Look:\n\n![A](../files/a.png)\n\nand [again](../files/a.png)"
    request = pb.UpdateLessonRequest(lesson_id=lesson_id, lesson=pb.LessonChange(body=text))
    process("UpdateLesson", request, ANN, "admin")
    read = process("GetLesson", public.GetLessonRequest(lesson_id=lesson_id), ANN, "admin")
    assert read.body == text.replace("../files/a.png", "/media/content/a")
    source = pb.GetLessonSourceRequest(lesson_id=lesson_id)
    assert process("GetLessonSource", source, ANN, "admin").body == text


def test_an_import_that_was_overtaken_by_its_author_is_not_committed(process: Process) -> None:
    imported = bring(process, content())
    plan_id = str(uuid4())
    plan(process, content(title="Suns"), plan_id=plan_id)
    change = pb.UpdateCourseRequest(
        course=imported.course_id, change=pb.CourseChange(summary="By hand")
    )
    process("UpdateCourse", change, ANN, "admin")
    commit = internal.CommitImportRequest(plan_id=plan_id)
    assert refused(lambda: process("CommitImport", commit)) is ImportExpired
    assert get(process, "stars").summary == "By hand"


def test_the_last_seat_is_taken_once(process: Process) -> None:
    course_id = draft(process, "Few seats", ANN)
    publish(process, course_id)
    update(process, course_id, capacity=3)
    request = public.EnrollCourseRequest(course=course_id)

    def enroll(_: int) -> UUID | None:
        person = uuid4()
        try:
            process("EnrollCourse", request, person)
        except CourseFull:
            return None
        return person

    inside = [person for person in process.at_once(50, enroll) if person]
    assert len(inside) == 3
    # Again is harmless, and who leaves makes room.
    process("EnrollCourse", request, inside[0])
    left = process("LeaveCourse", public.LeaveCourseRequest(course=course_id), inside[0])
    assert left.state == course_pb2.Enrollment.STATE_ENDED
    assert enroll(0) is not None
    assert refused(lambda: process("EnrollCourse", request, inside[0])) is CourseFull
    update(process, course_id, capacity=0)
    again = process("EnrollCourse", request, inside[0])
    assert (again.enrollment_id, again.state) == (
        left.enrollment_id,
        course_pb2.Enrollment.STATE_ACTIVE,
    )


def test_who_never_was_in_a_course_cannot_leave_it(process: Process) -> None:
    bring(process, content())
    request = public.LeaveCourseRequest(course="stars")
    assert issubclass(refused(lambda: process("LeaveCourse", request, ANN)), NotFound)
    process("EnrollCourse", public.EnrollCourseRequest(course="stars"), ANN)
    states = process.at_once(8, lambda _: process("LeaveCourse", request, ANN).state)
    assert set(states) == {course_pb2.Enrollment.STATE_ENDED}


@pytest.mark.parametrize("kind", ["Category", "Tag"])
def test_labels_are_made_renamed_and_deleted(process: Process, kind: str) -> None:
    asked = getattr(pb, f"Create{kind}Request")(name="Deep  sea")
    made = process(f"Create{kind}", asked, ANN, "author")
    assert (made.name, made.slug, made.course_count) == ("Deep sea", "deep-sea", 0)
    same = getattr(pb, f"Create{kind}Request")(name="deep SEA")
    assert refused(lambda: process(f"Create{kind}", same, ANN, "author")) is NameTaken
    field = kind.lower()
    rename = getattr(pb, f"Update{kind}Request")(**{field: made.slug, "name": "Abyss"})
    renamed = process(f"Update{kind}", rename, ANN, "author")
    assert (renamed.label_id, renamed.name, renamed.slug) == (made.label_id, "Abyss", "deep-sea")
    label = {"category": "Abyss"} if kind == "Category" else {"tags": ["Abyss"]}
    course = create(process, **label)
    delete = getattr(pb, f"Delete{kind}Request")(**{field: made.label_id})
    assert refused(lambda: process(f"Delete{kind}", delete, ANN, "author")) is LabelInUse
    update(process, course.course_id, mask=("category", "tags"))
    process(f"Delete{kind}", delete, ANN, "author")
    assert refused(lambda: process(f"Delete{kind}", delete, ANN, "author")) is LabelNotFound


@pytest.mark.parametrize("kind", ["Category", "Tag"])
def test_a_name_is_free_again_after_renaming_whatever_slugs_its_labels_kept(
    process: Process, kind: str
) -> None:
    for other in ("Bar", "Baz"):
        asked = getattr(pb, f"Create{kind}Request")(name="Foo")
        made = process(f"Create{kind}", asked, ANN, "author")
        rename = getattr(pb, f"Update{kind}Request")(**{kind.lower(): made.slug, "name": other})
        process(f"Update{kind}", rename, ANN, "author")
    course = create(process, tags=["Foo"], category="Foo")
    assert (list(course.tags), course.category) == (["Foo"], "Foo")


def test_of_labels_given_one_name_at_once_one_has_it(process: Process) -> None:
    for name in ("One", "Two"):
        process("CreateTag", pb.CreateTagRequest(name=name), ANN, "author")
    rename = pb.UpdateTagRequest(tag="two", name="Same")
    database = process.runtime.database
    with ThreadPoolExecutor(1) as other:
        with database.transaction():
            assert TAGS.rename(database, "one", "same")
            renaming = other.submit(refused, lambda: process("UpdateTag", rename, ANN, "author"))
            with pytest.raises(TimeoutError):
                renaming.result(timeout=0.3)
        assert renaming.result(timeout=10) is NameTaken


def test_a_label_is_made_whatever_slugs_others_kept(process: Process) -> None:
    for other in ("Bar", "Baz", "Qux"):
        made = process("CreateTag", pb.CreateTagRequest(name="Foo"), ANN, "author")
        rename = pb.UpdateTagRequest(tag=made.slug, name=other)
        assert process("UpdateTag", rename, ANN, "author").name == other


@pytest.mark.parametrize("kind", ["Category", "Tag"])
def test_a_label_that_a_course_is_given_at_this_moment_is_not_deleted(
    process: Process, kind: str
) -> None:
    label = process(f"Create{kind}", getattr(pb, f"Create{kind}Request")(name="Sea"), ANN, "author")
    course = create(process)
    delete = getattr(pb, f"Delete{kind}Request")(**{kind.lower(): label.label_id})
    database = process.runtime.database
    with ThreadPoolExecutor(1) as other:
        with database.transaction():
            (label_id,) = labels.name_ids(database.session, getattr(models, kind), ["sea"])
            deleting = other.submit(
                refused, lambda: process(f"Delete{kind}", delete, ANN, "author")
            )
            with pytest.raises(TimeoutError):
                deleting.result(timeout=0.3)
            if kind == "Category":
                authoring.update(database, UUID(course.course_id), {"category_id": label_id})
            else:
                imports.write_tags(database.session, UUID(course.course_id), [label_id])
        assert deleting.result(timeout=10) is LabelInUse


@pytest.mark.parametrize("kind", ["Category", "Tag"])
def test_a_label_that_is_deleted_at_this_moment_is_made_anew(process: Process, kind: str) -> None:
    made = process(f"Create{kind}", getattr(pb, f"Create{kind}Request")(name="Sea"), ANN, "author")
    course = create(process)
    label = {"category": "Sea"} if kind == "Category" else {"tags": ["Sea"]}
    database = process.runtime.database
    with ThreadPoolExecutor(1) as other:
        with database.transaction():
            table = CATEGORIES if kind == "Category" else TAGS
            assert table.delete(database, UUID(made.label_id))
            taking = other.submit(update, process, course.course_id, **label)
            with pytest.raises(TimeoutError):
                taking.result(timeout=0.3)
        taken = taking.result(timeout=10)
    assert "Sea" in (taken.category, *taken.tags)


def test_labels_are_counted_and_paged(process: Process) -> None:
    bring(process, content())
    draft(process, "Not counted", ANN)
    update(process, "not-counted", tags=["Sky", "Zoo"], category="Science")
    names, token = [], ""
    while True:
        page = process("ListTags", public.ListTagsRequest(page_size=1, page_token=token))
        names += [(tag.name, tag.course_count) for tag in page.tags]
        token = page.next_page_token
        if not token:
            break
    assert names == [("Night", 1), ("Sky", 1), ("Zoo", 0)]
    (science,) = process("ListCategories", public.ListCategoriesRequest()).categories
    assert (science.name, science.course_count) == ("Science", 1)


@pytest.mark.parametrize("kind", ["Category", "Tag"])
def test_a_list_of_labels_is_never_an_old_one(process: Process, kind: str) -> None:
    field, lists = kind.lower(), "ListCategories" if kind == "Category" else "ListTags"

    def listed() -> list[str]:
        page = process(lists, getattr(public, f"{lists}Request")())
        return [label.name for label in (page.tags if kind == "Tag" else page.categories)]

    assert listed() == []
    process(f"Create{kind}", getattr(pb, f"Create{kind}Request")(name="Sea"), ANN, "author")
    assert listed() == ["Sea"]
    rename = getattr(pb, f"Update{kind}Request")(**{field: "sea", "name": "Deep"})
    process(f"Update{kind}", rename, ANN, "author")
    assert listed() == ["Deep"]
    process(f"Delete{kind}", getattr(pb, f"Delete{kind}Request")(**{field: "sea"}), ANN, "author")
    assert listed() == []


def test_authors_list_their_own_and_administrators_all(process: Process) -> None:
    bring(process, content())
    for title in ("A", "B", "C"):
        draft(process, title, ANN)
    request = pb.ListAuthoredCoursesRequest(page_size=2)
    page = process("ListAuthoredCourses", request, ANN, "author")
    assert [course.title for course in page.courses] == ["C", "B"]
    request.page_token = page.next_page_token
    page = process("ListAuthoredCourses", request, ANN, "author")
    assert [course.title for course in page.courses] == ["A"]
    assert not process(
        "ListAuthoredCourses", pb.ListAuthoredCoursesRequest(), BOB, "author"
    ).courses
    everything = process("ListAuthoredCourses", pb.ListAuthoredCoursesRequest(), BOB, "admin")
    assert len(everything.courses) == 4


def test_sections_that_are_not_there(process: Process) -> None:
    made, other = create(process), create(process, title="Other")
    section = pb.SectionChange(title="Elsewhere")
    request = pb.CreateSectionRequest(course=other.course_id, section=section)
    foreign = process("CreateSection", request, ANN, "author").section_id
    for section_id in (foreign, str(uuid4()), "x"):
        add = {"title": "L", "section_id": section_id}
        assert refused(lambda a=add: add_lesson(process, made.slug, **a)) is SectionNotFound  # type: ignore[misc]
    request = pb.UpdateSectionRequest(section_id="x", section=section)
    assert refused(lambda: process("UpdateSection", request, ANN, "author")) is SectionNotFound


def test_the_mesh_learns_whose_a_course_is(process: Process) -> None:
    course_id = draft(process, "Mine", ANN)
    lesson_id = get(process, course_id, ANN).sections[0].lessons[0].lesson_id
    found = process("GetAuthorship", internal.GetAuthorshipRequest(lesson_id=lesson_id))
    assert (found.course_id, list(found.owner_ids)) == (course_id, [str(ANN)])
    assert (found.lesson_title, found.state) == ("First", course_pb2.COURSE_STATE_DRAFT)
    request = internal.SetLessonQuizRequest(lesson_id=lesson_id, has_quiz=True)
    process("SetLessonQuiz", request)
    assert get(process, course_id, ANN).sections[0].lessons[0].has_quiz
    unknown = internal.SetLessonQuizRequest(lesson_id=str(uuid4()))
    assert issubclass(refused(lambda: process("SetLessonQuiz", unknown)), NotFound)


def test_the_mesh_lists_learners_page_by_page(process: Process) -> None:
    bring(process, content())
    people = sorted([uuid4() for _ in range(5)])
    for person in people:
        process("EnrollCourse", public.EnrollCourseRequest(course="stars"), person)
    found: list[str] = []
    while True:
        request = internal.ListCourseLearnersRequest(
            course="stars", limit=2, after_user_id=found[-1] if found else ""
        )
        page = process("ListCourseLearners", request).enrollments
        if not page:
            break
        found += [each.user_id for each in page]
    assert found == [str(person) for person in people]


def test_what_is_exported_is_what_was_imported(process: Process) -> None:
    course = content()
    bring(process, course)
    request = internal.GetCourseContentRequest(course="stars")
    known = process("GetCourseContent", request)
    assert known.content == course
    assert not bring(process, known.content).changed


def test_a_browser_that_has_it_is_not_sent_it_again(process: Process) -> None:
    bring(process, content())
    course = get(process, "stars")
    assert dict(process.context.sent)["etag"] == f'"{course.etag}"'
    process.context.asked = (("if-none-match", f'W/"other", "{course.etag}"'),)
    assert get(process, "stars") == course_pb2.Course()
    assert dict(process.context.sent)["x-http-code"] == "304"
    bring(process, content(title="Suns"))
    assert get(process, "stars").title == "Suns"
    process.context.asked = ()
    page = process("ListCourses", public.ListCoursesRequest())
    process.context.asked = (("if-none-match", dict(process.context.sent)["etag"]),)
    assert page.courses
    assert not process("ListCourses", public.ListCoursesRequest()).courses
