"""The ways to sign in: seen, added, removed, and told of."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from tests.services.auth.steps import (
    Learners,
    address,
    log_in,
    phone_number,
    sent_code,
    start_phone,
    texted_code,
    verify,
    verify_phone,
    with_token,
)
from tests.support import Learner, Stack, Visitor, body_of, eventually, reason, violations

UNKNOWN = "01a2040b-0000-7000-8000-000000000001"
TOLD = "How you sign in to Stellr Academy was changed"


def kinds(visitor: Visitor) -> list[str]:
    found = visitor.get("/me/credentials").json()["credentials"]
    return [one["kind"].removeprefix("CREDENTIAL_KIND_") for one in found]


def id_of(visitor: Visitor, kind: str) -> str:
    found = visitor.get("/me/credentials").json()["credentials"]
    return str(next(one["credentialId"] for one in found if one["kind"].endswith(kind)))


def add_phone(stack: Stack, person: Learner) -> str:
    """The number that the person has now."""
    number = phone_number()
    verification = person.post("/me/phone", {"phone": number}).json()
    answer = verify_phone(person, verification, texted_code(stack, number))
    assert answer.status_code == 200, answer.text
    return number


def sign_in_elsewhere(stack: Stack, visitor: Visitor, email: str) -> Any:
    """The session of whoever has an account with an address at the stack's own provider."""
    back = f"{stack.url}/"
    asked = visitor.get("/login/google", redirectUri=back)
    assert asked.status_code == 200, asked.text
    begun = asked.json()
    key = (stack.state / "keys" / "openid-login").read_text()
    form = {"email": email, "name": "Zoe", "key": key}
    answer = httpx.post(begun["authorizationUrl"], data=form, trust_env=False)
    brought = dict(parse_qsl(urlsplit(answer.headers["location"]).query))
    proof = {"code": brought["code"], "state": begun["state"], "redirectUri": back}
    session = visitor.post("/login/google", proof)
    assert session.status_code == 200, session.text
    return session.json()


def told(stack: Stack, email: str) -> list[str]:
    """What was told of ways to sign in."""
    return [body_of(mail) for mail in stack.mails(email) if mail["Subject"] == TOLD]


def audited(person: Visitor) -> list[tuple[str, str]]:
    events = person.get("/me/audit").json()["events"]
    return [(one["type"].removeprefix("AUDIT_EVENT_TYPE_"), one["method"]) for one in events]


def test_a_person_sees_how_they_can_sign_in(stack: Stack, learner: Learners) -> None:
    person = learner()
    learner()
    number = add_phone(stack, person)
    sign_in_elsewhere(stack, person, person.email)
    password, phone, openid = person.get("/me/credentials").json()["credentials"]
    assert password["kind"] == "CREDENTIAL_KIND_PASSWORD"
    assert (password["issuer"], password["address"]) == ("", "")
    assert (phone["credentialId"], phone["address"]) == ("phone", number)
    assert openid["issuer"].startswith("http://127.0.0.1:")
    assert openid["address"] == person.email
    assert password["createTime"] < phone["createTime"] < openid["createTime"]
    assert "secret" not in person.get("/me/credentials").text


def test_nobody_sees_or_removes_anothers(stack: Stack, visitor: Visitor, learner: Learners) -> None:
    one, other = learner(), learner()
    add_phone(stack, one)
    for answer in (visitor.get("/me/credentials"), visitor.delete("/me/credentials/phone")):
        assert (answer.status_code, reason(answer)) == (401, "SIGN_IN_REQUIRED")
    for credential in (id_of(one, "PASSWORD"), "phone", "x", UNKNOWN):
        answer = other.delete(f"/me/credentials/{credential}")
        assert (answer.status_code, reason(answer)) == (404, "CREDENTIAL_NOT_FOUND")
    assert kinds(one) == ["PASSWORD", "PHONE"]
    bad = other.delete(f"/me/credentials/{'x' * 81}")
    assert (bad.status_code, set(violations(bad))) == (400, {"credentialId"})


def test_a_number_is_removed_and_signs_in_no_more(
    stack: Stack, visitor: Visitor, learner: Learners
) -> None:
    person = learner()
    number = add_phone(stack, person)
    thief = with_token(stack, log_in(visitor, person.email, person.password).json()["accessToken"])
    assert person.delete("/me/credentials/phone").status_code == 200
    assert kinds(person) == ["PASSWORD"]
    eventually(lambda: person.get("/me").json()["phone"] == "")
    eventually(lambda: thief.get("/me").status_code == 401, 2)
    assert ("CREDENTIAL_REMOVED", "phone") in audited(person)
    (removed,) = eventually(
        lambda: [body for body in told(stack, person.email) if "was removed" in body], 10
    )
    assert "a phone number" in removed
    again = person.delete("/me/credentials/phone")
    assert (again.status_code, reason(again)) == (404, "CREDENTIAL_NOT_FOUND")
    count = len(stack.texts(number))
    login = start_phone(visitor, number)
    session = verify_phone(visitor, login, texted_code(stack, number, count + 1)).json()
    assert session["user"]["userId"] != person.user_id


def test_the_last_way_in_is_kept(stack: Stack, visitor: Visitor, learner: Learners) -> None:
    person = learner()
    refused = person.delete(f"/me/credentials/{id_of(person, 'PASSWORD')}")
    assert (refused.status_code, reason(refused)) == (400, "LAST_CREDENTIAL")
    add_phone(stack, person)
    assert person.delete(f"/me/credentials/{id_of(person, 'PASSWORD')}").status_code == 200
    assert log_in(visitor, person.email, person.password).status_code == 401
    refused = person.delete("/me/credentials/phone")
    assert (refused.status_code, reason(refused)) == (400, "LAST_CREDENTIAL")


def test_of_two_that_are_removed_at_once_one_stays(stack: Stack, learner: Learners) -> None:
    person = learner()
    add_phone(stack, person)
    ids = [id_of(person, "PASSWORD"), "phone"] * 5
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda each: person.delete(f"/me/credentials/{each}"), ids))
    assert [answer.status_code for answer in answers].count(200) == 1
    assert len(kinds(person)) == 1


def test_the_owner_is_told_of_ways_that_are_added(
    stack: Stack, visitor: Visitor, learner: Learners
) -> None:
    person = learner()
    sign_in_elsewhere(stack, visitor, person.email)
    (linked,) = eventually(lambda: told(stack, person.email), 10)
    assert "was added: an account elsewhere" in linked
    assert "Of: http://127.0.0.1:" in linked
    assert "Network address: 127.0.0.1" in linked
    sign_in_elsewhere(stack, visitor, person.email)
    add_phone(stack, person)
    eventually(lambda: len(told(stack, person.email)) == 2, 10)
    assert any("was added: a phone number" in body for body in told(stack, person.email))
    add_phone(stack, person)
    eventually(lambda: len(told(stack, person.email)) == 3, 10)


def test_who_signs_up_elsewhere_is_welcomed_alone(stack: Stack, visitor: Visitor) -> None:
    email = address()
    sign_in_elsewhere(stack, visitor, email)
    eventually(lambda: stack.mails(email), 10)
    assert told(stack, email) == []


@pytest.mark.parametrize("has_password", [True, False])
def test_what_the_old_address_linked_does_not_sign_in_any_more(
    stack: Stack, visitor: Visitor, learner: Learners, has_password: bool
) -> None:
    old, new = learner().email if has_password else address(), address()
    linked = sign_in_elsewhere(stack, visitor, old)
    own = with_token(stack, linked["accessToken"])
    verification = own.post("/me/email", {"email": new}).json()
    session = verify(own, verification, sent_code(stack, new)).json()
    changed = with_token(stack, session["accessToken"])
    assert "OPENID" not in kinds(changed)
    assert ("CREDENTIAL_REMOVED", "openid") in audited(changed)
    # Whoever has the old address is somebody else now.
    assert sign_in_elsewhere(stack, visitor, old)["user"]["userId"] != session["user"]["userId"]
    # The new one links anew.
    again = sign_in_elsewhere(stack, visitor, new)
    assert again["user"]["userId"] == session["user"]["userId"]
