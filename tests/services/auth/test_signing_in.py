from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jwt

from tests.services.auth.steps import (
    Learners,
    address,
    log_in,
    refresh,
    with_token,
)
from tests.support import Stack, Visitor, reason


def test_a_wrong_password_and_an_unknown_address_look_alike(
    visitor: Visitor, learner: Learners
) -> None:
    known = learner()
    answers = [
        log_in(visitor, known.email, "wrong password"),
        log_in(visitor, address(), known.password),
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert {reason(answer) for answer in answers} == {"INVALID_CREDENTIALS"}
    assert len({answer.text for answer in answers}) == 1
    right = log_in(visitor, f" {known.email.upper()}", known.password)
    assert right.json()["user"]["userId"] == known.user_id


def test_ten_logins_a_minute_for_an_account(visitor: Visitor) -> None:
    email = address()
    answers = [log_in(visitor, email.swapcase(), "wrong") for _ in range(11)]
    assert [answer.status_code for answer in answers] == [*[401] * 10, 429]
    assert reason(answers[-1]) == "RATE_LIMITED"
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    assert log_in(visitor, address(), "wrong").status_code == 401


def signed_in_reads(course: dict[str, Any], lessons: list[dict[str, Any]]) -> list[str]:
    course_id, lesson_id = course["courseId"], lessons[0]["lessonId"]
    return [
        "/me",
        "/enrollments",
        "/progress/me",
        f"/progress/me/courses/{course_id}",
        f"/quiz/{lesson_id}",
        f"/certificate/{course_id}",
        f"/lessons/{lesson_id}",
        f"/media/lesson/{lesson_id}",
    ]


def test_who_logged_out_is_refused_at_once_by_every_service(
    enrolled: Learners, course: dict[str, Any], lessons: list[dict[str, Any]]
) -> None:
    paths = signed_in_reads(course, lessons)
    for _ in range(5):
        person = enrolled()
        assert {person.get(path).status_code for path in paths} <= {200, 404}
        assert person.post("/logout").json() == {}
        with ThreadPoolExecutor(len(paths)) as pool:
            answers = list(pool.map(person.get, paths))
        assert {answer.status_code for answer in answers} == {401}
        assert {reason(answer) for answer in answers} == {"SESSION_ENDED"}


def test_logging_out_ends_this_session_or_all(
    stack: Stack, visitor: Visitor, learner: Learners
) -> None:
    person, stranger = learner(), learner()
    sessions = [log_in(visitor, person.email, person.password).json() for _ in range(3)]
    first, second, third = (with_token(stack, one["accessToken"]) for one in sessions)
    first.post("/logout")
    assert [one.get("/me").status_code for one in (first, second, third)] == [401, 200, 200]
    assert refresh(visitor, sessions[0]["refreshToken"]).status_code == 401
    second.post("/logout", {"everywhere": True})
    assert [one.get("/me").status_code for one in (second, third, person)] == [401] * 3
    assert stranger.get("/me").status_code == 200


def test_only_who_is_signed_in_can_log_out(visitor: Visitor) -> None:
    answer = visitor.post("/logout")
    assert (answer.status_code, reason(answer)) == (401, "SIGN_IN_REQUIRED")


def test_anyone_can_check_access_tokens_by_the_published_key(
    visitor: Visitor, learner: Learners, stack: Stack
) -> None:
    person = learner()
    keys = jwt.PyJWKSet.from_dict(visitor.get("/.well-known/jwks.json").json())
    key = keys[jwt.get_unverified_header(person.token)["kid"]]
    claims = jwt.decode(person.token, key, ["ES256"], audience="stellr", issuer=stack.url)
    assert claims["sub"] == person.user_id
    assert [type(claims[name]) for name in ("iat", "exp", "ver")] == [int, int, int]
    assert jwt.get_unverified_header(person.token)["typ"] == "at+jwt"
