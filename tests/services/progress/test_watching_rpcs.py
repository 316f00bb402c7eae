"""Positions, activity and learners over REST."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from tests import support
from tests.support import Learner, Stack, Visitor, eventually, reason, violations

Learners = Callable[..., Learner]
Lessons = list[dict[str, Any]]


def test_a_video_goes_on_where_it_stood(
    stack: Stack, enrolled: Learners, lessons: Lessons, course: dict[str, Any]
) -> None:
    somebody, path = enrolled(), f"/progress/lessons/{lessons[1]['lessonId']}/position"
    assert somebody.put(path, {"seconds": 71}).json() == {}
    progress = somebody.get(f"/progress/me/courses/{course['courseId']}").json()
    assert progress["lastLessonId"] == lessons[1]["lessonId"]
    stands = {each["lessonId"]: each["positionSeconds"] for each in progress["lessons"]}
    assert stands[lessons[1]["lessonId"]] == 71
    assert stands[lessons[0]["lessonId"]] == 0
    assert set(violations(somebody.put(path, {"seconds": -1}))) == {"seconds"}
    assert Visitor(stack).put(path, {"seconds": 1}).status_code == 401
    stranger = support.register(stack)
    refused = stranger.put(path, {"seconds": 1})
    assert (refused.status_code, reason(refused)) == (404, "LESSON_NOT_FOUND")
    assert somebody.put(f"/progress/lessons/{uuid4()}/position", {"seconds": 1}).status_code == 404


def test_activity_is_the_learners_own(stack: Stack, enrolled: Learners, lessons: Lessons) -> None:
    somebody, other = enrolled(), support.register(stack)
    assert somebody.get("/progress/me/activity").json()["currentStreak"] == 0
    somebody.post("/progress/mark-complete", {"lessonId": lessons[0]["lessonId"]})
    activity = somebody.get("/progress/me/activity").json()
    assert (activity["currentStreak"], activity["longestStreak"]) == (1, 1)
    (day,) = activity["days"]
    assert (day["count"], day["lessonsCompleted"]) == (1, 1)
    assert somebody.get(f"/progress/{somebody.user_id}/activity").json() == activity
    assert other.get(f"/progress/{somebody.user_id}/activity").status_code == 404
    assert Visitor(stack).get("/progress/me/activity").status_code == 401


def test_authors_see_who_is_in_their_course(stack: Stack) -> None:
    author, other = support.author(stack), support.author(stack)
    path = f"/courses/{author.post('/courses', {'title': 'Seen'}).json()['courseId']}"
    lesson = author.post(f"{path}/lessons", {"title": "One"}).json()["lessonId"]
    author.post(f"{path}/lessons", {"title": "Two"})
    assert other.get(f"{path}/learners").status_code == 404
    author.post(f"{path}:publish")
    people = sorted((support.register(stack) for _ in range(3)), key=lambda each: each.user_id)
    for person in people:
        person.post(f"{path}/enroll")
    people[0].post("/progress/mark-complete", {"lessonId": lesson})
    people[2].delete(f"{path}/enroll")
    found, token = [], ""
    while True:
        page = author.get(f"{path}/learners", pageSize=2, pageToken=token).json()
        found += page["learners"]
        token = page["nextPageToken"]
        if not token:
            break
    told = [(each["userId"], each["enrolled"], each["progress"]["percentage"]) for each in found]
    assert told == [
        (people[0].user_id, True, 50),
        (people[1].user_id, True, 0),
        (people[2].user_id, False, 0),
    ]
    author.post(f"{path}:unpublish")
    assert author.get(f"{path}/learners").json()["learners"] == found
    author.post(f"{path}:publish")
    refused = other.get(f"{path}/learners")
    assert (refused.status_code, reason(refused)) == (403, "NOT_YOUR_COURSE")
    assert reason(people[0].get(f"{path}/learners")) == "ROLE_REQUIRED"
    assert Visitor(stack).get(f"{path}/learners").status_code == 401


def test_progress_hears_who_enrolls_and_who_leaves(stack: Stack, enrolled: Learners) -> None:
    from psycopg import connect  # noqa: PLC0415

    somebody = enrolled()

    def active() -> Any:
        with connect(stack.run["databases"]["progress"]) as connection:
            query = "SELECT active FROM course_progress WHERE user_id = %s"
            return connection.execute(query, (somebody.user_id,)).fetchone()

    eventually(lambda: active() == (True,))
    course = somebody.get("/enrollments").json()["enrollments"][0]["courseId"]
    somebody.delete(f"/courses/{course}/enroll")
    eventually(lambda: active() == (False,))
