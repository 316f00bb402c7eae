"""Authoring over REST: who may, what is refused, and what learners see of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from stellr.course.v1 import authoring_service_pb2 as pb
from tests import support
from tests.support import Learner, Stack, Visitor, reason, violations

UNKNOWN = str(uuid4())
COURSE, LESSON, SECTION = "{course}", "{lesson}", "{section}"
# RPC, HTTP method, path, body that its author may send.
CALLS: list[tuple[str, str, str, dict[str, Any]]] = [
    ("ListAuthoredCourses", "GET", "/me/courses", {}),
    ("CreateCourse", "POST", "/courses", {"title": "Mine"}),
    ("UpdateCourse", "PATCH", f"/courses/{COURSE}", {"summary": "New"}),
    ("ArchiveCourse", "DELETE", f"/courses/{COURSE}", {}),
    ("PublishCourse", "POST", f"/courses/{COURSE}:publish", {}),
    ("UnpublishCourse", "POST", f"/courses/{COURSE}:unpublish", {}),
    ("CreateSection", "POST", f"/courses/{COURSE}/sections", {"title": "More"}),
    ("UpdateSection", "PATCH", f"/sections/{SECTION}", {"title": "Other"}),
    ("DeleteSection", "DELETE", f"/sections/{SECTION}", {}),
    ("CreateLesson", "POST", f"/courses/{COURSE}/lessons", {"title": "New"}),
    ("UpdateLesson", "PATCH", f"/lessons/{LESSON}", {"title": "Other"}),
    ("GetLessonSource", "GET", f"/lessons/{LESSON}/edit", {}),
    ("DeleteLesson", "DELETE", f"/lessons/{LESSON}", {}),
    ("ReorderLessons", "POST", f"/courses/{COURSE}/lessons:reorder", {"lessonIds": [LESSON]}),
    ("CreateCategory", "POST", "/categories", {"name": "{word}"}),
    ("UpdateCategory", "PATCH", "/categories/{category}", {"name": "{word}"}),
    ("DeleteCategory", "DELETE", "/categories/{category}", {}),
    ("CreateTag", "POST", "/tags", {"name": "{word}"}),
    ("UpdateTag", "PATCH", "/tags/{tag}", {"name": "{word}"}),
    ("DeleteTag", "DELETE", "/tags/{tag}", {}),
]
IDS = [call[0] for call in CALLS]


@pytest.fixture(name="author", scope="module")
def _author(stack: Stack) -> Learner:
    return support.author(stack)


@pytest.fixture(name="other", scope="module")
def _other(stack: Stack) -> Learner:
    return support.author(stack)


@pytest.fixture(name="places")
def _places(author: Learner) -> dict[str, str]:
    """A published course with a lesson and a section beside, and a category and tag of nothing."""
    course = author.post("/courses", {"title": "A course of many authors"}).json()["courseId"]
    lesson = author.post(f"/courses/{course}/lessons", {"title": "First"}).json()["lessonId"]
    section = author.post(f"/courses/{course}/sections", {"title": "Empty"}).json()["sectionId"]
    assert author.post(f"/courses/{course}:publish").status_code == 200
    labels = {
        kind: author.post(path, {"name": uuid4().hex}).json()["labelId"]
        for kind, path in (("category", "/categories"), ("tag", "/tags"))
    }
    return {"course": course, "lesson": lesson, "section": section, "word": uuid4().hex, **labels}


def send(who: Visitor, method: str, path: str, body: Any, places: dict[str, str]) -> Any:
    for name, value in places.items():
        path = path.replace(f"{{{name}}}", value)
        body = {
            key: [value if each == f"{{{name}}}" else each for each in given]
            if isinstance(given, list)
            else given.replace(f"{{{name}}}", value)
            for key, given in body.items()
        }
    options: Any = {} if method in {"GET", "DELETE"} else {"json": body}
    return who.http.request(method, path, **options)


def test_every_call_is_tried() -> None:
    (service,) = pb.DESCRIPTOR.services_by_name.values()
    assert [method.name for method in service.methods] == IDS


@pytest.mark.parametrize("call", CALLS, ids=IDS)
def test_authors_may_and_others_may_not(
    author: Learner,
    other: Learner,
    learner: Callable[[], Learner],
    places: dict[str, str],
    call: tuple[str, str, str, dict[str, Any]],
) -> None:
    _, method, path, body = call
    nobody, pupil = Visitor(author.stack), learner()
    assert send(nobody, method, path, body, places).status_code == 401
    refusal = send(pupil, method, path, {"name": " "} if body else {}, places)
    assert (refusal.status_code, reason(refusal)) == (403, "ROLE_REQUIRED")
    if any(name in path for name in (COURSE, LESSON, SECTION)):
        refusal = send(other, method, path, body, places)
        assert (refusal.status_code, reason(refusal)) == (403, "NOT_YOUR_COURSE")
        unknown = dict.fromkeys(places, UNKNOWN)
        assert send(author, method, path, body, unknown).status_code == 404
    allowed = send(author, method, path, body, places)
    assert allowed.status_code == 200, allowed.text


@pytest.mark.parametrize(
    ("path", "body", "fields"),
    [
        ("/courses", {}, {"title"}),
        (
            "/courses",
            {"title": "", "slug": "No Slug", "language": "?", "capacity": -1},
            {"title", "slug", "language", "capacity"},
        ),
        ("/courses", {"title": "A", "slug": "a" * 81}, {"slug"}),
        ("/courses/{course}/lessons", {"minutes": 5}, {"title"}),
        ("/courses/{course}/lessons", {"title": "A", "minutes": -1}, {"minutes"}),
        ("/courses/{course}/sections", {}, {"title"}),
        ("/courses/{course}/lessons:reorder", {"lessonIds": [UNKNOWN]}, {"lessonIds"}),
        ("/categories", {"name": " "}, {"name"}),
        ("/tags", {"name": "x" * 51}, {"name"}),
    ],
)
def test_bad_input_is_told_by_its_fields(
    author: Learner, places: dict[str, str], path: str, body: dict[str, Any], fields: set[str]
) -> None:
    answer = author.post(path.replace("{course}", places["course"]), body)
    assert answer.status_code == 400
    assert set(violations(answer)) == fields


def test_learners_see_what_authors_publish_at_once(
    stack: Stack, author: Learner, places: dict[str, str]
) -> None:
    path, learner = f"/courses/{places['course']}", support.register(stack)
    assert learner.post(f"{path}/enroll").status_code == 200
    added = author.post(f"{path}/lessons", {"title": "Second", "body": "Read me"}).json()
    assert learner.get(f"/lessons/{added['lessonId']}").json()["body"] == "Read me"
    progress = learner.get(f"/progress/me{path}").json()
    assert progress["totalLessons"] == 2
    assert author.delete(path).status_code == 200
    assert learner.get(path).status_code == 404
    assert learner.get(f"/lessons/{added['lessonId']}").status_code == 404
    assert author.get(path).json()["state"] == "COURSE_STATE_ARCHIVED"


def test_a_learner_leaves_and_comes_back_to_what_was_done(
    stack: Stack, places: dict[str, str]
) -> None:
    path, learner = f"/courses/{places['course']}", support.register(stack)
    assert learner.delete(f"{path}/enroll").status_code == 404
    enrolled = learner.post(f"{path}/enroll").json()
    marked = learner.post("/progress/mark-complete", {"lessonId": places["lesson"]})
    assert marked.status_code == 200
    left = learner.delete(f"{path}/enroll")
    assert (left.status_code, left.json()["state"]) == (200, "STATE_ENDED")
    assert learner.get(f"/lessons/{places['lesson']}").status_code == 404
    again = learner.post(f"{path}/enroll").json()
    assert again["enrollmentId"] == enrolled["enrollmentId"]
    assert learner.get(f"/progress/me{path}").json()["completedLessons"] == 1


def test_a_browser_asks_whether_it_changed(author: Learner, places: dict[str, str]) -> None:
    path = f"/courses/{places['course']}"
    visitor = Visitor(author.stack)
    for asked in (path, "/courses?pageSize=1", "/categories", "/tags"):
        first = visitor.http.get(asked)
        assert first.headers["cache-control"] == "public, no-cache"
        kept = visitor.http.get(asked, headers={"if-none-match": first.headers["etag"]})
        assert (kept.status_code, kept.content) == (304, b"")
        # What is compressed has a weak one.
        assert kept.headers["etag"] == first.headers["etag"].removeprefix("W/")
    etag = visitor.http.get(path).headers["etag"]
    assert author.patch(path, {"title": "Another"}).status_code == 200
    changed = visitor.http.get(path, headers={"if-none-match": etag})
    assert (changed.status_code, changed.json()["title"]) == (200, "Another")


def test_who_was_overtaken_is_told(author: Learner, places: dict[str, str]) -> None:
    path = f"/courses/{places['course']}"
    etag = author.get(path).json()["etag"]
    assert author.patch(path, {"title": "One", "etag": etag}).status_code == 200
    stale = author.patch(path, {"title": "Two", "etag": etag})
    assert (stale.status_code, reason(stale)) == (409, "ETAG_STALE")
    assert author.get(path).json()["title"] == "One"


def test_a_list_is_cleared_by_the_mask(author: Learner, places: dict[str, str]) -> None:
    path = f"/courses/{places['course']}"
    tagged = author.patch(path, {"tags": ["One", "Two"], "category": "Three"}).json()
    assert (tagged["tags"], tagged["category"]) == (["One", "Two"], "Three")
    cleared = author.http.patch(path, params={"updateMask": "tags"}, json={}).json()
    assert (cleared["tags"], cleared["category"]) == ([], "Three")
    assert author.patch(path, {"category": ""}).json()["category"] == ""
    for mask in ("*", "nonsense"):
        refused = author.http.patch(path, params={"updateMask": mask}, json={})
        assert (refused.status_code, set(violations(refused))) == (400, {"updateMask"})
