from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from tests.services.auth.steps import (
    Learners,
    address,
    another,
    log_in,
    phone_number,
    refresh,
    start_phone,
    texted_code,
    verify,
    verify_phone,
    with_token,
)
from tests.services.auth.test_links import link_to
from tests.support import Learner, Stack, Visitor, code_in, eventually, reason, violations

NEW = "another long secret"


def forgot(visitor: Visitor, email: str) -> dict[str, Any]:
    answer = visitor.post("/password/forgot", {"email": email})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def reset(visitor: Visitor, verification: dict[str, Any], code: str, new: str = NEW) -> Any:
    proof = {"verificationId": verification["verificationId"], "code": code}
    return visitor.post("/password/reset", {**proof, "newPassword": new})


def mailed(stack: Stack, person: Learner, before: int) -> str:
    return code_in(eventually(lambda: _coded(stack, person)[before:], 10)[0])


def _coded(stack: Stack, person: Learner) -> list[Any]:
    return [mail for mail in stack.mails(person.email) if "code" in mail["Subject"]]


def test_a_forgotten_password_is_set_anew_and_all_sessions_end(
    stack: Stack, visitor: Visitor, learner: Learners
) -> None:
    person = learner()
    other = with_token(stack, log_in(visitor, person.email, person.password).json()["accessToken"])
    verification = forgot(visitor, person.email.upper())
    answer = reset(visitor, verification, mailed(stack, person, 1))
    assert answer.status_code == 200, answer.text
    assert with_token(stack, answer.json()["accessToken"]).get("/me").status_code == 200
    for ended in (person, other):
        eventually(lambda one=ended: one.get("/me").status_code == 401, 2)
    assert refresh(visitor, person.refresh_token).status_code == 401
    assert log_in(visitor, person.email, person.password).status_code == 401
    assert log_in(visitor, person.email, NEW).status_code == 200
    eventually(lambda: any("password" in m["Subject"] for m in stack.mails(person.email)), 10)
    again = reset(visitor, verification, "123456")
    assert reason(again) == "CODE_INVALID"


def test_the_link_leads_to_a_page_that_asks_for_the_password(
    stack: Stack, visitor: Visitor, learner: Learners
) -> None:
    person = learner()
    forgot(visitor, person.email)
    mailed(stack, person, 1)
    number = len(stack.mails(person.email))
    path, token = link_to(stack, person.email, number)
    assert path == "/password/reset"
    assert visitor.get(path, token=token).status_code == 200
    assert log_in(visitor, person.email, person.password).status_code == 200
    body = {"token": token, "newPassword": NEW}
    assert visitor.post("/password/reset", body).status_code == 200
    assert reason(visitor.post("/password/reset", body)) == "CODE_INVALID"
    assert log_in(visitor, person.email, NEW).status_code == 200


def test_an_unknown_address_gets_the_same_answer_and_no_mail(
    stack: Stack, visitor: Visitor
) -> None:
    email = address()
    verification = forgot(visitor, email)
    assert set(verification) == {"verificationId", "expireTime"}
    assert reason(reset(visitor, verification, "123456")) == "CODE_INVALID"
    assert stack.mails(email) == []


def test_a_refused_password_uses_up_no_code(
    stack: Stack, visitor: Visitor, learner: Learners
) -> None:
    person = learner(name="Ann Example")
    verification = forgot(visitor, person.email)
    code = mailed(stack, person, 1)
    for bad in ("12345678", "x" * 129, "ann example"):
        assert set(violations(reset(visitor, verification, code, bad))) == {"newPassword"}
    assert reset(visitor, verification, code).status_code == 200


def test_five_guesses_are_all_and_a_code_for_this_is_for_nothing_else(
    stack: Stack, visitor: Visitor, learner: Learners
) -> None:
    person = learner()
    verification = forgot(visitor, person.email)
    code = mailed(stack, person, 1)
    assert reason(verify(visitor, verification, code)) == "CODE_INVALID"
    for step in range(1, 6):
        assert reason(reset(visitor, verification, another(code, step))) == "CODE_INVALID"
    assert reason(reset(visitor, verification, code)) == "CODE_INVALID"


def test_of_many_resets_at_once_one_counts(
    stack: Stack, visitor: Visitor, learner: Learners
) -> None:
    person = learner()
    verification = forgot(visitor, person.email)
    code = mailed(stack, person, 1)
    with ThreadPoolExecutor(5) as pool:
        words = [f"the new secret {number}" for number in range(5)]
        answers = list(pool.map(lambda word: reset(visitor, verification, code, word), words))
    assert sorted(answer.status_code for answer in answers).count(200) == 1
    (won,) = [word for word, done in zip(words, answers, strict=True) if done.status_code == 200]
    assert log_in(visitor, person.email, won).status_code == 200


# Changing


def change(person: Visitor, current: str, new: str) -> httpx.Response:
    return person.post("/password/change", {"currentPassword": current, "newPassword": new})


def test_who_changes_the_password_stays_and_all_others_go(
    stack: Stack, visitor: Visitor, learner: Learners
) -> None:
    person = learner()
    other = with_token(stack, log_in(visitor, person.email, person.password).json()["accessToken"])
    assert change(person, person.password, NEW).status_code == 200
    eventually(lambda: other.get("/me").status_code == 401, 2)
    assert person.get("/me").status_code == 200
    assert log_in(visitor, person.email, NEW).status_code == 200
    assert log_in(visitor, person.email, person.password).status_code == 401
    eventually(lambda: any("password" in m["Subject"] for m in stack.mails(person.email)), 10)


def test_what_changing_a_password_refuses(
    stack: Stack, visitor: Visitor, learner: Learners
) -> None:
    person = learner()
    assert reason(change(person, "not the password", NEW)) == "INVALID_CREDENTIALS"
    assert set(violations(change(person, person.password, "12345678"))) == {"newPassword"}
    assert visitor.post("/password/change", {}).status_code == 401
    told = [reason(change(person, f"guess number {n}", NEW)) for n in range(10)]
    assert told == ["INVALID_CREDENTIALS"] * 9 + ["RATE_LIMITED"]
    assert log_in(visitor, person.email, person.password).status_code == 200


def test_who_has_no_password_has_none_to_change(stack: Stack, visitor: Visitor) -> None:
    number = phone_number()
    verification = start_phone(visitor, number)
    session = verify_phone(visitor, verification, texted_code(stack, number)).json()
    own = with_token(stack, session["accessToken"])
    answer = change(own, "whatever it is", NEW)
    assert (answer.status_code, reason(answer)) == (400, "PASSWORD_NOT_SET")
