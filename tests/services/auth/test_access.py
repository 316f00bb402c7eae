"""Every RPC of auth: as nobody, as another learner, with what is valid, and with what is not."""

from typing import NamedTuple
from uuid import uuid4

import grpc
import httpx
import pytest

from services.kit.errors import InvalidArgument
from services.kit.rpc.policy import policies
from stellr.auth.v1 import auth_internal_service_pb2 as internal_pb
from stellr.auth.v1 import auth_service_pb2 as pb
from stellr.auth.v1.auth_internal_service_pb2_grpc import AuthInternalServiceStub
from stellr.options.v1 import options_pb2 as options
from tests.services.auth.steps import (
    PASSWORD,
    Learners,
    Mesh,
    address,
    log_in,
    phone_number,
    refresh,
    with_token,
)
from tests.support import Stack, Visitor, reason, violations

PUBLIC = pb.DESCRIPTOR.services_by_name["AuthService"].full_name
INTERNAL = internal_pb.DESCRIPTOR.services_by_name["AuthInternalService"].full_name
UNKNOWN = str(uuid4())
NEW = {"email": address(), "password": PASSWORD}


class Tried(NamedTuple):
    """A request that fits its contract, and what it leads to where nobody is signed in."""

    path: str
    body: dict[str, str] | None
    status: int
    reason: str = ""


TRIED = {
    "Register": Tried("/register", {**NEW, "displayName": "Zoe"}, 200),
    "VerifyEmail": Tried(
        "/verify-email", {"verificationId": UNKNOWN, "code": "123456"}, 400, "CODE_INVALID"
    ),
    "GetVerifyEmailPage": Tried("/verify-email", None, 200),
    "ResendEmailVerification": Tried("/verify-email/resend", {"verificationId": UNKNOWN}, 200),
    "Login": Tried("/login", NEW, 401, "INVALID_CREDENTIALS"),
    "RefreshToken": Tried("/token/refresh", {"refreshToken": "x"}, 401, "REFRESH_TOKEN_INVALID"),
    "Logout": Tried("/logout", {}, 401, "SIGN_IN_REQUIRED"),
    "ConfirmRegistration": Tried(
        "/verify-email/link", {"token": "x", "password": "y"}, 400, "CODE_INVALID"
    ),
    "ForgotPassword": Tried("/password/forgot", {"email": address()}, 200),
    "GetResetPasswordPage": Tried("/password/reset", None, 200),
    "ResetPassword": Tried(
        "/password/reset", {"token": "x", "newPassword": PASSWORD}, 400, "CODE_INVALID"
    ),
    "StartPhoneLogin": Tried("/login/phone", {"phone": phone_number()}, 200),
    "VerifyPhone": Tried(
        "/verify-phone", {"verificationId": UNKNOWN, "code": "123456"}, 400, "CODE_INVALID"
    ),
    "ResendPhoneVerification": Tried("/verify-phone/resend", {"verificationId": UNKNOWN}, 200),
    "GetGoogleLogin": Tried("/login/google?redirectUri=https%3A%2F%2Fa.example", None, 400),
    "LoginWithGoogle": Tried(
        "/login/google", {"idToken": "x", "nonce": "y"}, 401, "OPENID_REFUSED"
    ),
    "GetJwks": Tried("/.well-known/jwks.json", None, 200),
}
BAD: list[tuple[str, dict[str, str], set[str]]] = [
    ("/register", {}, {"email", "password", "displayName"}),
    ("/register", {**NEW, "displayName": "A", "locale": "?"}, {"locale"}),
    ("/register", {**NEW, "displayName": "A", "email": "a@b"}, {"email"}),
    ("/verify-email", {"verificationId": "x", "code": "12345"}, {"verificationId", "code"}),
    ("/verify-email", {"verificationId": UNKNOWN, "code": "\uff11" * 6}, {"code"}),
    ("/verify-email/resend", {}, {"verificationId"}),
    ("/login", {}, {"email", "password"}),
    ("/login", {"email": "a" * 321, "password": "a" * 513}, {"email", "password"}),
    ("/token/refresh", {}, {"refreshToken"}),
    ("/login/phone", {}, {"phone"}),
    ("/verify-email/link", {}, {"token"}),
    ("/password/forgot", {"email": "x"}, {"email"}),
    ("/password/reset", {"token": "x"}, {"newPassword"}),
    ("/password/reset", {"token": "x", "newPassword": "password123"}, {"newPassword"}),
    ("/password/reset", {"newPassword": PASSWORD}, {"verificationId", "code"}),
    ("/register", {**NEW, "displayName": "A", "password": "12345678"}, {"password"}),
    ("/login/phone", {"phone": "2025550143", "displayName": "\u202e"}, {"phone", "displayName"}),
    ("/login/phone", {"phone": "+442079460018"}, {"phone"}),
    ("/verify-phone", {"verificationId": "x", "code": "1"}, {"verificationId", "code"}),
    ("/verify-phone/resend", {}, {"verificationId"}),
    ("/token/refresh", {"refreshToken": "x" * 257}, {"refreshToken"}),
]


def call(visitor: Visitor, tried: Tried) -> httpx.Response:
    return visitor.get(tried.path) if tried.body is None else visitor.post(tried.path, tried.body)


def test_each_public_rpc_is_tried() -> None:
    assert {path.rpartition("/")[2] for path in policies([PUBLIC])} == set(TRIED)


@pytest.mark.parametrize("name", TRIED)
def test_what_nobody_in_particular_is_told(visitor: Visitor, name: str) -> None:
    answer = call(visitor, TRIED[name])
    assert answer.status_code == TRIED[name].status
    assert not TRIED[name].reason or reason(answer) == TRIED[name].reason


@pytest.mark.parametrize("name", sorted(TRIED.keys() - {"Logout"}))
def test_a_bad_token_does_not_matter_where_none_is_asked_for(stack: Stack, name: str) -> None:
    assert call(with_token(stack, "bad"), TRIED[name]).status_code == TRIED[name].status


@pytest.mark.parametrize(("path", "body", "fields"), BAD)
def test_what_is_wrong_with_a_request_is_told_by_its_fields(
    visitor: Visitor, path: str, body: dict[str, str], fields: set[str]
) -> None:
    answer = visitor.post(path, body)
    assert (answer.status_code, reason(answer)) == (400, "INVALID_FIELDS")
    assert set(violations(answer)) == fields
    assert PASSWORD not in answer.text


@pytest.mark.parametrize("token", ["bad", "a.b.c", "{another}"])
def test_nobody_logs_out_with_a_bad_token(stack: Stack, learner: Learners, token: str) -> None:
    bad = token.replace("{another}", learner().refresh_token)
    answer = with_token(stack, bad).post("/logout")
    assert (answer.status_code, reason(answer)) == (401, "TOKEN_INVALID")


@pytest.mark.parametrize(("token", "told"), [("", "SIGN_IN_REQUIRED"), ("bad", "TOKEN_INVALID")])
def test_the_ways_to_sign_in_are_their_owners(stack: Stack, token: str, told: str) -> None:
    visitor = with_token(stack, token)
    answers = visitor.get("/me/credentials"), visitor.delete("/me/credentials/phone")
    for answer in answers:
        assert (answer.status_code, reason(answer)) == (401, told)


def test_another_learner_ends_nobodys_session(visitor: Visitor, learner: Learners) -> None:
    one, other = learner(), learner()
    other.post("/logout", {"everywhere": True})
    assert one.get("/me").status_code == 200
    assert refresh(visitor, one.refresh_token).status_code == 200
    assert log_in(visitor, one.email, other.password).status_code == 401


@pytest.mark.parametrize("path", policies([INTERNAL]))
def test_no_internal_rpc_is_reached_through_the_door(
    stack: Stack, learner: Learners, path: str
) -> None:
    answer = with_token(stack, learner().token).post(path)
    assert answer.status_code in (404, 415)


@pytest.mark.parametrize("path", policies([INTERNAL]))
def test_internal_rpcs_are_for_services(stack: Stack, learner: Learners, path: str) -> None:
    person = [("authorization", f"Bearer {learner().token}")]
    host, port = stack.target("auth").rsplit(":", 1)
    streams = policies([INTERNAL])[path].streams_reply
    with grpc.insecure_channel(f"{host}:{int(port) + streams}") as channel:
        kind = channel.unary_stream if streams else channel.unary_unary
        call = kind(path)
        with pytest.raises(grpc.RpcError) as refused:
            [*call(b"", metadata=person, timeout=10)]
    assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED


@pytest.mark.parametrize(
    "grant",
    [
        internal_pb.GrantRoleRequest(role=options.ROLE_ADMIN),
        internal_pb.GrantRoleRequest(email="a..b@learner.example", role=options.ROLE_ADMIN),
        internal_pb.GrantRoleRequest(email="a@learner.example"),
        internal_pb.GrantRoleRequest(email="a@learner.example", role=options.ROLE_LEARNER),
    ],
)
def test_what_granting_refuses(mesh: Mesh, grant: internal_pb.GrantRoleRequest) -> None:
    stub = AuthInternalServiceStub(mesh("operator", "auth"))
    with pytest.raises(InvalidArgument):
        stub.GrantRole(grant)
