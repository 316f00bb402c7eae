from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.services.auth.steps import (
    Learners,
    log_in,
    refresh,
    with_token,
)
from tests.support import Learner, Stack, Visitor, eventually, reason


def test_refreshing_rotates(stack: Stack, visitor: Visitor, learner: Learners) -> None:
    token = learner().refresh_token
    for _ in range(4):
        session = refresh(visitor, token).json()
        assert session["refreshToken"] != token
        token = session["refreshToken"]
        assert with_token(stack, session["accessToken"]).get("/me").status_code == 200


def let_pass(stack: Stack, person: Learner, seconds: int) -> None:
    """Put the last rotation of a session so far into the past."""
    with psycopg.connect(stack.run["databases"]["auth"]) as connection:
        connection.execute(
            "UPDATE sessions SET rotated_at = rotated_at - make_interval(secs => %s)"
            " WHERE session_id = %s",
            (seconds, person.refresh_token.split(".")[0]),
        )


def test_who_lost_the_answer_to_a_refresh_gets_the_same_token_again(
    stack: Stack, visitor: Visitor, learner: Learners
) -> None:
    person = learner()
    lost, again = (refresh(visitor, person.refresh_token).json() for _ in range(2))
    assert again["refreshToken"] == lost["refreshToken"] != person.refresh_token
    assert with_token(stack, again["accessToken"]).get("/me").status_code == 200
    let_pass(stack, person, 8)
    assert refresh(visitor, person.refresh_token).json()["refreshToken"] == lost["refreshToken"]
    assert refresh(visitor, lost["refreshToken"]).status_code == 200


def test_a_retry_does_not_make_the_time_for_retries_longer(
    stack: Stack, visitor: Visitor, learner: Learners
) -> None:
    person = learner()
    assert refresh(visitor, person.refresh_token).status_code == 200
    let_pass(stack, person, 6)
    assert refresh(visitor, person.refresh_token).status_code == 200
    let_pass(stack, person, 6)
    assert refresh(visitor, person.refresh_token).status_code == 401


def test_a_refresh_token_may_have_space_around_it(visitor: Visitor, learner: Learners) -> None:
    token = learner().refresh_token
    for pasted in (f"{token}\n", f" {token}\r\n", f"\ufeff{token}"):
        token = refresh(visitor, pasted).json()["refreshToken"]


def test_of_a_session_that_ended_no_refresh_token_is_good(
    visitor: Visitor, learner: Learners
) -> None:
    person = learner()
    new = refresh(visitor, person.refresh_token).json()
    person.post("/logout")
    for token in (person.refresh_token, new["refreshToken"]):
        refused = refresh(visitor, token)
        assert (refused.status_code, reason(refused)) == (401, "REFRESH_TOKEN_INVALID")


def test_a_refresh_token_that_comes_again_too_late_ends_its_session(
    stack: Stack, visitor: Visitor, learner: Learners
) -> None:
    person = learner()
    other = log_in(visitor, person.email, person.password).json()
    new = refresh(visitor, person.refresh_token).json()
    let_pass(stack, person, 11)
    again = refresh(visitor, person.refresh_token)
    assert (again.status_code, reason(again)) == (401, "REFRESH_TOKEN_INVALID")
    assert refresh(visitor, new["refreshToken"]).status_code == 401
    follower = with_token(stack, new["accessToken"])
    eventually(lambda: follower.get("/me").status_code == 401)
    assert reason(person.get("/me")) == "SESSION_ENDED"
    assert with_token(stack, other["accessToken"]).get("/me").status_code == 200


def test_an_older_refresh_token_ends_its_session(visitor: Visitor, learner: Learners) -> None:
    oldest = learner().refresh_token
    newer = refresh(visitor, oldest).json()["refreshToken"]
    newest = refresh(visitor, newer).json()["refreshToken"]
    assert refresh(visitor, oldest).status_code == 401
    assert refresh(visitor, newest).status_code == 401


def test_of_fifty_refreshes_at_once_one_session_goes_on(
    stack: Stack, visitor: Visitor, learner: Learners
) -> None:
    person = learner()
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: refresh(visitor, person.refresh_token), range(50)))
    assert {answer.status_code for answer in answers} == {200}
    (token,) = {answer.json()["refreshToken"] for answer in answers}
    assert token.split(".")[:2] == [person.refresh_token.split(".")[0], "2"]
    for answer in (answers[0], answers[-1], refresh(visitor, token)):
        session = answer.json()
        assert with_token(stack, session["accessToken"]).get("/me").status_code == 200


@pytest.mark.parametrize("shape", ["x", "..", "{id}.1.", "{id}.1.{sig}x", "{id}.2.{sig}", "é.1.ü"])
def test_a_forged_refresh_token_ends_nobodys_session(
    visitor: Visitor, learner: Learners, shape: str
) -> None:
    person = learner()
    session_id, _, signature = person.refresh_token.split(".")
    forged = refresh(visitor, shape.format(id=session_id, sig=signature))
    assert (forged.status_code, reason(forged)) == (401, "REFRESH_TOKEN_INVALID")
    assert refresh(visitor, person.refresh_token).status_code == 200
