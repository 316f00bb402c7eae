import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from tests.services.auth.steps import (
    PASSWORD,
    Learners,
    address,
    another,
    begin,
    log_in,
    sent_code,
    verify,
    with_token,
)
from tests.support import Stack, Visitor, body_of, code_in, eventually, reason, violations


def test_who_registers_gets_a_code_and_then_a_session(stack: Stack, visitor: Visitor) -> None:
    email = address()
    verification = begin(visitor, email.upper(), locale="de_CH")
    session = verify(visitor, verification, sent_code(stack, email)).json()
    assert session["tokenType"] == "Bearer"
    assert session["expiresIn"] == 600
    assert session["user"] == {
        "userId": session["user"]["userId"],
        "email": email,
        "phone": "",
        "displayName": "Zoe",
        "roles": ["learner"],
        "emailVerified": True,
        "phoneVerified": False,
    }
    me = with_token(stack, session["accessToken"]).get("/me").json()
    assert (me["email"], me["locale"]) == (email, "de-CH")


def test_the_answer_is_the_same_for_a_known_address_and_its_owner_is_told(
    stack: Stack, visitor: Visitor, learner: Learners
) -> None:
    known, unknown = learner(), address()
    first, second = begin(visitor, known.email), begin(visitor, unknown)
    assert set(first) == set(second) == {"verificationId", "expireTime"}
    mails = eventually(lambda: found if len(found := stack.mails(known.email)) == 3 else [])
    told = body_of(mails[-1])
    assert not [word for word in told.split() if word.isdecimal() and len(word) == 6]
    refused = verify(visitor, first, "123456")
    assert (refused.status_code, reason(refused)) == (400, "CODE_INVALID")
    assert log_in(visitor, known.email, PASSWORD).status_code == 401


@pytest.mark.parametrize(
    "name",
    ["\u3000", "\u200b\u2060", "a\u202eb", "a\x85b", "\ufeff", "\u00a0", "\u3164", "\u115f \u2800"],
)
def test_a_name_can_be_read(visitor: Visitor, name: str) -> None:
    body = {"email": "no", "password": PASSWORD, "displayName": name}
    assert set(violations(visitor.post("/register", body))) == {"email", "displayName"}


@pytest.mark.parametrize(
    "name",
    [
        "\u0645\u06cc\u200c\u062e",
        "\u5c71\u7530",
        "O'Brien",
        "\U0001f469\u200d\U0001f680",
        "a" * 100,
    ],
)
def test_a_name_may_be_in_any_script(visitor: Visitor, name: str) -> None:
    body = {"email": "no", "password": PASSWORD, "displayName": name}
    assert set(violations(visitor.post("/register", body))) == {"email"}


def test_all_that_is_wrong_with_a_registration_is_told_at_once(visitor: Visitor) -> None:
    answer = visitor.post("/register", {"email": "no", "password": "short", "displayName": "\x00"})
    assert answer.status_code == 400
    assert set(violations(answer)) == {"email", "password", "displayName"}
    assert "short" not in answer.text


@pytest.mark.parametrize(
    "written", ["jane..doe@example.com", ".jane@example.com", "zo\u00eb@example.com", "a@b.local"]
)
def test_an_address_that_no_mail_reaches_is_refused(visitor: Visitor, written: str) -> None:
    answer = visitor.post(
        "/register", {"email": written, "password": PASSWORD, "displayName": "Zoe"}
    )
    assert (answer.status_code, reason(answer)) == (400, "INVALID_FIELDS")
    assert set(violations(answer)) == {"email"}


def test_an_address_is_found_by_every_spelling_of_it(stack: Stack, visitor: Visitor) -> None:
    name = secrets.token_hex(8)
    verification = begin(visitor, f" {name.upper()}@B\u00fccher.example\n")
    session = verify(visitor, verification, sent_code(stack, name)).json()
    assert session["user"]["email"] == f"{name}@xn--bcher-kva.example"
    assert str(stack.mails(name)[0]["To"]) == f"{name}@xn--bcher-kva.example"
    for spelling in (f"{name}@bu\u0308cher.example ", f"{name}@XN--BCHER-KVA.EXAMPLE"):
        assert log_in(visitor, spelling, PASSWORD).status_code == 200


def test_what_was_pasted_around_a_name_is_cut_off(learner: Learners) -> None:
    assert learner(name="\ufeffAnna \u200b").name == "Anna"


def test_a_password_is_the_same_composed_and_decomposed(
    visitor: Visitor, learner: Learners
) -> None:
    person = learner(password="p\u00e4ssw\u00f6rd f\u00fcr Zo\u00eb")
    decomposed = "pa\u0308sswo\u0308rd fu\u0308r Zoe\u0308"
    assert log_in(visitor, person.email, decomposed).status_code == 200
    assert log_in(visitor, person.email, person.password).status_code == 200
    for wrong in ("passwor d fur Zoe", f"{person.password} ", person.password[:-1]):
        assert log_in(visitor, person.email, wrong).status_code == 401


def test_a_password_is_counted_in_characters(visitor: Visitor, learner: Learners) -> None:
    composed = "\u00f6 w\u00f6rds-" * 16
    longest = learner(password="o\u0308 wo\u0308rds-" * 16)
    assert log_in(visitor, longest.email, composed).status_code == 200
    assert log_in(visitor, longest.email, composed[:-1]).status_code == 401
    for password in (f"{composed}x", "o\u0308" * 7):
        body = {"email": address(), "password": password, "displayName": "Zoe"}
        assert set(violations(visitor.post("/register", body))) == {"password"}


def test_five_guesses_and_the_code_is_void(stack: Stack, visitor: Visitor) -> None:
    email = address()
    verification = begin(visitor, email)
    code = sent_code(stack, email)
    for step in range(1, 6):
        refused = verify(visitor, verification, another(code, step))
        assert (refused.status_code, reason(refused)) == (400, "CODE_INVALID")
    assert reason(verify(visitor, verification, code)) == "CODE_INVALID"


def test_the_fifth_guess_may_be_right(stack: Stack, visitor: Visitor) -> None:
    email = address()
    verification = begin(visitor, email)
    code = sent_code(stack, email)
    for step in range(1, 5):
        verify(visitor, verification, another(code, step))
    assert verify(visitor, verification, code).status_code == 200


def test_a_hundred_guesses_at_once_are_counted(stack: Stack, visitor: Visitor) -> None:
    email = address()
    verification = begin(visitor, email)
    code = sent_code(stack, email)
    with ThreadPoolExecutor(25) as pool:
        guesses = [another(code, step) for step in range(1, 101)]
        answers = list(pool.map(lambda guess: verify(visitor, verification, guess), guesses))
    assert {answer.status_code for answer in answers} == {400}
    assert reason(verify(visitor, verification, code)) == "CODE_INVALID"


def test_a_code_is_good_once_also_when_it_comes_ten_times_at_once(
    stack: Stack, visitor: Visitor
) -> None:
    email = address()
    verification = begin(visitor, email)
    code = sent_code(stack, email)
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: verify(visitor, verification, code), range(10)))
    assert sorted(answer.status_code for answer in answers) == [200, *[400] * 9]
    welcomes = eventually(lambda: [m for m in stack.mails(email) if "Welcome" in m["Subject"]])
    time.sleep(0.5)
    assert len(welcomes) == 1


def test_two_registrations_of_an_address_make_one_account(stack: Stack, visitor: Visitor) -> None:
    email = address()
    first, second = begin(visitor, email), begin(visitor, email)
    mails = eventually(lambda: found if len(found := stack.mails(email)) == 2 else [])
    found = {code_in(mail) for mail in mails}
    answers = [verify(visitor, one, code) for one in (first, second) for code in found]
    assert [answer.status_code for answer in answers].count(200) == 1


def test_resending_sends_a_new_code_and_voids_the_old(stack: Stack, visitor: Visitor) -> None:
    email = address()
    verification = begin(visitor, email)
    old = sent_code(stack, email)
    again = visitor.post("/verify-email/resend", {"verificationId": verification["verificationId"]})
    assert set(again.json()) == {"verificationId", "expireTime"}
    new = sent_code(stack, email, 2)
    assert new == old or reason(verify(visitor, verification, old)) == "CODE_INVALID"
    assert verify(visitor, verification, new).status_code == 200


def test_resending_tells_nothing_of_unknown_verifications(visitor: Visitor) -> None:
    unknown = str(uuid4())
    answer = visitor.post("/verify-email/resend", {"verificationId": unknown})
    assert answer.status_code == 200
    assert answer.json()["verificationId"] == unknown


def test_a_code_is_sent_at_most_five_times(stack: Stack, visitor: Visitor) -> None:
    email = address()
    verification = begin(visitor, email)
    for _ in range(7):
        visitor.post("/verify-email/resend", {"verificationId": verification["verificationId"]})
    eventually(lambda: len(stack.mails(email)) >= 5)
    time.sleep(0.5)
    assert len(stack.mails(email)) == 5


def test_an_address_is_sent_at_most_ten_mails_an_hour(stack: Stack, visitor: Visitor) -> None:
    email = address()
    for _ in range(10):
        begin(visitor, email)
    body = {"email": email.upper(), "password": PASSWORD, "displayName": "Zoe"}
    refused = visitor.post("/register", body)
    assert (refused.status_code, reason(refused)) == (429, "RATE_LIMITED")
    assert 3000 < int(refused.headers["retry-after"]) <= 3600
    assert len(eventually(lambda: found if len(found := stack.mails(email)) >= 10 else [])) == 10
    begin(visitor, address())


def test_a_new_code_does_not_give_an_address_more_guesses(stack: Stack, visitor: Visitor) -> None:
    email = address()
    for number in (1, 2):
        verification = begin(visitor, email)
        code = sent_code(stack, email, number)
        for step in range(1, 6):
            assert reason(verify(visitor, verification, another(code, step))) == "CODE_INVALID"
    verification = begin(visitor, email)
    refused = verify(visitor, verification, sent_code(stack, email, 3))
    assert (refused.status_code, reason(refused)) == (429, "RATE_LIMITED")
    assert int(refused.headers["retry-after"]) <= 3600


def test_resending_counts_as_a_mail_and_gives_a_code_five_guesses(
    stack: Stack, visitor: Visitor
) -> None:
    email = address()
    verification = begin(visitor, email)
    code = sent_code(stack, email)
    for step in range(1, 6):
        verify(visitor, verification, another(code, step))
    visitor.post("/verify-email/resend", {"verificationId": verification["verificationId"]})
    assert verify(visitor, verification, sent_code(stack, email, 2)).status_code == 200


def test_the_link_of_the_mail_opens_a_page_that_changes_nothing(
    stack: Stack, visitor: Visitor
) -> None:
    email = address()
    verification = begin(visitor, email)
    code = sent_code(stack, email)
    page = visitor.get("/verify-email", token="x")
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert verify(visitor, verification, code).status_code == 200
