import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import takewhile
from typing import Any
from uuid import uuid4

import grpc
import httpx
import jwt
import psycopg
import pytest

from services.kit.errors import InvalidArgument, NotFound
from services.kit.rpc.clients import MeshChannel
from stellr.auth.v1 import auth_internal_service_pb2 as pb
from stellr.auth.v1.auth_internal_service_pb2_grpc import AuthInternalServiceStub
from stellr.errors.v1.reason_pb2 import Reason
from stellr.options.v1.options_pb2 import Role
from tests.support import Learner, Stack, Visitor, body_of, code_in, eventually, reason, violations

Learners = Callable[..., Learner]
Mesh = Callable[[str, str], MeshChannel]
PASSWORD = "a long enough password"


def address() -> str:
    return f"{secrets.token_hex(8)}@learner.example"


def begin(visitor: Visitor, email: str, **more: str) -> dict[str, Any]:
    body = {"email": email, "password": PASSWORD, "displayName": "Zoe", **more}
    answer = visitor.post("/register", body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def sent_code(stack: Stack, email: str, number: int = 1) -> str:
    return code_in(eventually(lambda: stack.mails(email)[number - 1 :], 10)[0])


def verify(visitor: Visitor, verification: dict[str, Any], code: str) -> httpx.Response:
    body = {"verificationId": verification["verificationId"], "code": code}
    return visitor.post("/verify-email", body)


def another(code: str, step: int = 1) -> str:
    return f"{(int(code) + step) % 1_000_000:06d}"


def log_in(visitor: Visitor, email: str, password: str) -> httpx.Response:
    return visitor.post("/login", {"email": email, "password": password})


def refresh(visitor: Visitor, token: str) -> httpx.Response:
    return visitor.post("/token/refresh", {"refreshToken": token})


def with_token(stack: Stack, token: str) -> Visitor:
    return Visitor(stack, token)


# Register and verify


def test_who_registers_gets_a_code_and_then_a_session(stack: Stack, visitor: Visitor) -> None:
    email = address()
    verification = begin(visitor, email.upper(), locale="de_CH")
    session = verify(visitor, verification, sent_code(stack, email)).json()
    assert session["tokenType"] == "Bearer"
    assert session["expiresIn"] == 900
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
    longest = learner(password="o\u0308" * 128)
    assert log_in(visitor, longest.email, "\u00f6" * 128).status_code == 200
    assert log_in(visitor, longest.email, "\u00f6" * 127).status_code == 401
    for password in ("\u00f6" * 129, "o\u0308" * 7):
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
    page = visitor.get("/verify-email", verificationId=verification["verificationId"], code=code)
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert verify(visitor, verification, code).status_code == 200


# Log in, refresh, log out


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


# Internal


def internal(channel: grpc.Channel) -> Any:
    return AuthInternalServiceStub(channel)


def test_an_account_is_told_to_user_only(mesh: Mesh, learner: Learners) -> None:
    person = learner(name="Ada Lovelace")
    request = pb.GetAccountRequest(user_id=person.user_id)
    account = internal(mesh("user", "auth")).GetAccount(request)
    assert (account.user.display_name, account.locale) == ("Ada Lovelace", "en")
    assert account.HasField("first_login_time")
    with pytest.raises(grpc.RpcError) as refused:
        internal(mesh("course", "auth")).GetAccount(request)
    assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED


def test_unknown_accounts_are_not_found(mesh: Mesh) -> None:
    stub = internal(mesh("user", "auth"))
    with pytest.raises(NotFound) as refused:
        stub.GetAccount(pb.GetAccountRequest(user_id=str(uuid4())))
    assert refused.value.reason == Reason.REASON_ACCOUNT_NOT_FOUND
    with pytest.raises(InvalidArgument):
        stub.GetAccount(pb.GetAccountRequest(user_id="me"))


def test_internal_methods_need_the_identity_of_a_service(stack: Stack, learner: Learners) -> None:
    token = [("authorization", f"Bearer {learner().token}")]
    with grpc.insecure_channel(stack.target("auth")) as channel:
        for rpc, request in (
            (internal(channel).GetAccount, pb.GetAccountRequest(user_id=str(uuid4()))),
            (internal(channel).GrantRole, pb.GrantRoleRequest(email="a@b.c", role=Role.ROLE_ADMIN)),
        ):
            with pytest.raises(grpc.RpcError) as refused:
                rpc(request, metadata=token)
            assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED


def test_a_new_role_needs_a_new_token(
    mesh: Mesh, stack: Stack, visitor: Visitor, learner: Learners
) -> None:
    person = learner()
    stub = internal(mesh("operator", "auth"))
    request = pb.GrantRoleRequest(email=person.email.upper(), role=Role.ROLE_AUTHOR)
    assert stub.GrantRole(request).user.roles == ["author", "learner"]
    eventually(lambda: person.get("/me").status_code == 401)
    assert reason(person.get("/me")) == "TOKEN_STALE"
    session = refresh(visitor, person.refresh_token).json()
    assert session["user"]["roles"] == ["author", "learner"]
    renewed = with_token(stack, session["accessToken"])
    assert renewed.get("/me").status_code == 200
    stub.GrantRole(request)
    time.sleep(0.2)
    assert renewed.get("/me").status_code == 200


def test_roles_are_granted_to_accounts_by_the_operator(mesh: Mesh, learner: Learners) -> None:
    stub = internal(mesh("operator", "auth"))
    with pytest.raises(NotFound):
        stub.GrantRole(pb.GrantRoleRequest(email=address(), role=Role.ROLE_ADMIN))
    with pytest.raises(InvalidArgument):
        stub.GrantRole(pb.GrantRoleRequest(email=learner().email, role=Role.ROLE_LEARNER))
    with pytest.raises(grpc.RpcError):
        internal(mesh("user", "auth")).GrantRole(
            pb.GrantRoleRequest(email=learner().email, role=Role.ROLE_ADMIN)
        )


def test_the_identity_feed_brings_the_past_and_then_each_event(
    mesh: Mesh, learner: Learners
) -> None:
    before, after = learner(), learner()
    before.post("/logout")
    stream = internal(mesh("course", "auth")).WatchIdentityEvents(
        pb.WatchIdentityEventsRequest(), timeout=10
    )
    past = until_caught_up(stream)
    ended = [session_of(person) for person in (before, after)]
    assert ended[0] in past
    assert ended[1] not in past
    after.post("/logout")
    found = next(event for event in stream if event.session_ended == ended[1])
    again = internal(mesh("course", "auth")).WatchIdentityEvents(
        pb.WatchIdentityEventsRequest(cursor=found.cursor), timeout=10
    )
    assert not {*ended} & {*until_caught_up(again)}
    stream.cancel()
    again.cancel()


def until_caught_up(stream: Any) -> list[str]:
    return [event.session_ended for event in takewhile(lambda event: not event.caught_up, stream)]


def session_of(person: Learner) -> str:
    claims = jwt.decode(person.token, options={"verify_signature": False})
    return str(claims["sid"])
