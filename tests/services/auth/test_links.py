"""The links in mails: they prove the address, and nothing else."""

import re
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.services.auth.steps import (
    PASSWORD,
    address,
    begin,
    log_in,
    sent_code,
    verify,
    with_token,
)
from tests.support import Stack, Visitor, body_of, eventually, reason, violations

OWN = "the owner's own words"


def link_to(stack: Stack, email: str, number: int = 1) -> tuple[str, str]:
    """The path and the token of the link in the mail that came as number `number`."""
    mail = eventually(lambda: stack.mails(email)[number - 1 :], 10)[0]
    found = re.search(r"https?://\S+\?token=\S+", body_of(mail))
    assert found, body_of(mail)
    parts = urlsplit(found[0])
    return parts.path, parse_qs(parts.query)["token"][0]


def confirm(visitor: Visitor, token: str, password: str, **more: object) -> httpx.Response:
    return visitor.post("/verify-email/link", {"token": token, "password": password, **more})


def test_a_link_alone_makes_nothing(stack: Stack, visitor: Visitor) -> None:
    email = address()
    verification = begin(visitor, email)
    path, token = link_to(stack, email)
    page = visitor.get(path, token=token)
    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert verification["verificationId"] not in body_of(stack.mails(email)[0])
    assert log_in(visitor, email, PASSWORD).status_code == 401
    # The code of the mail, with what the link has, is no proof either.
    code = sent_code(stack, email)
    assert verify(visitor, {"verificationId": token}, code).status_code == 400
    assert log_in(visitor, email, PASSWORD).status_code == 401


def test_who_registered_confirms_by_the_password(stack: Stack, visitor: Visitor) -> None:
    email = address()
    begin(visitor, email)
    _, token = link_to(stack, email)
    refused = confirm(visitor, token, "not the password")
    assert (refused.status_code, reason(refused)) == (401, "INVALID_CREDENTIALS")
    session = confirm(visitor, token, PASSWORD).json()
    assert session["user"]["email"] == email
    assert with_token(stack, session["accessToken"]).get("/me").status_code == 200
    assert reason(confirm(visitor, token, PASSWORD)) == "CODE_INVALID"


def test_the_device_that_registered_confirms_by_one_click(stack: Stack, visitor: Visitor) -> None:
    email, other = address(), address()
    verification, foreign = begin(visitor, email), begin(visitor, other)
    _, token = link_to(stack, email)
    body = {"token": token, "verificationId": foreign["verificationId"]}
    refused = visitor.post("/verify-email/link", body)
    assert (refused.status_code, reason(refused)) == (401, "INVALID_CREDENTIALS")
    missing = visitor.post("/verify-email/link", {"token": token})
    assert set(violations(missing)) == {"password"}
    bad = visitor.post("/verify-email/link", {"token": token, "verificationId": "x"})
    assert set(violations(bad)) == {"verificationId"}
    body = {"token": token, "verificationId": verification["verificationId"]}
    session = visitor.post("/verify-email/link", body).json()
    assert session["user"]["email"] == email
    assert log_in(visitor, email, PASSWORD).status_code == 200
    assert reason(visitor.post("/verify-email/link", body)) == "CODE_INVALID"


def test_the_owner_of_the_address_sets_a_password_of_their_own(
    stack: Stack, visitor: Visitor
) -> None:
    email = address()
    verification = begin(visitor, email, displayName="Mallory")
    _, token = link_to(stack, email)
    session = confirm(visitor, token, OWN, setPassword=True, displayName="Ann").json()
    assert session["user"]["displayName"] == "Ann"
    assert log_in(visitor, email, OWN).status_code == 200
    assert log_in(visitor, email, PASSWORD).status_code == 401
    assert reason(verify(visitor, verification, sent_code(stack, email))) == "CODE_INVALID"


def test_a_new_password_is_held_to_the_rules(stack: Stack, visitor: Visitor) -> None:
    email = address()
    begin(visitor, email)
    _, token = link_to(stack, email)
    for bad in ("short", "password1", email):
        refused = confirm(visitor, token, bad, setPassword=True)
        assert set(violations(refused)) == {"password"}
    assert confirm(visitor, token, OWN, setPassword=True).status_code == 200


def test_of_many_who_confirm_at_once_one_comes_in(stack: Stack, visitor: Visitor) -> None:
    email = address()
    begin(visitor, email)
    _, token = link_to(stack, email)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: confirm(visitor, token, PASSWORD), range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 7


def test_passwords_are_not_tried_for_ever_by_a_link(stack: Stack, visitor: Visitor) -> None:
    email = address()
    begin(visitor, email)
    _, token = link_to(stack, email)
    told = [reason(confirm(visitor, token, f"guess number {n}")) for n in range(11)]
    assert told == ["INVALID_CREDENTIALS"] * 10 + ["RATE_LIMITED"]
