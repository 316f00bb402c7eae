"""Every RPC of auth and user against all who may come: what the contract says, and no more."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import grpc
import jwt
import pytest

from services.auth.access import AccessSigner
from services.kit.identity.tokens import ALGORITHM
from services.kit.rpc.policy import MethodPolicy, policies
from stellr.auth.v1 import account_service_pb2, auth_internal_service_pb2, auth_service_pb2
from stellr.options.v1 import options_pb2 as options
from stellr.user.v1 import user_internal_service_pb2, user_service_pb2
from tests.services.auth.own_auth import reason_of
from tests.support import Learner, Stack, eventually, register
from tests.tokens import signer_of

FILES = {
    "auth": (auth_service_pb2, account_service_pb2, auth_internal_service_pb2),
    "user": (user_service_pb2, user_internal_service_pb2),
}
SERVICES = {
    found.full_name: service
    for service, files in FILES.items()
    for file in files
    for found in file.DESCRIPTOR.services_by_name.values()
}
RPCS = policies(SERVICES)
# Who comes, and why they are refused wherever a person is asked for.
REFUSED = {
    "nobody": "SIGN_IN_REQUIRED",
    "expired": "TOKEN_EXPIRED",
    "of an ended session": "SESSION_ENDED",
    "of old roles": "TOKEN_STALE",
    "for another audience": "TOKEN_INVALID",
    "of another issuer": "TOKEN_INVALID",
    "a refresh token": "TOKEN_INVALID",
    "a service's token": "TOKEN_INVALID",
}
ROLES = {
    "a learner": {"learner"},
    "an author": {"author", "learner"},
    "an administrator": {"admin", "learner"},
}
DELETED = "of a deleted account"
REFUSALS = frozenset(
    {*REFUSED.values(), "ROLE_REQUIRED", "ACCOUNT_DELETED", "SERVICE_IDENTITY_REQUIRED"}
)


@dataclass(frozen=True)
class Callers:
    """Those who come, by the credentials that they bring."""

    stack: Stack
    signer: AccessSigner
    ended: Learner
    stale: Learner

    def token(self, *roles: str, deleted: bool = False) -> str:
        """An access token of a person nobody else knows."""
        return self.signer.sign(uuid4(), uuid4(), list(roles), 1, deleted=deleted)

    def made(self, **changed: Any) -> str:
        """An access token of an administrator in which something is otherwise."""
        claims = jwt.decode(self.token("admin", "learner"), options={"verify_signature": False})
        headers = {"kid": self.signer.public_jwk["kid"], "typ": "at+jwt"}
        return jwt.encode(claims | changed, self.signer.key, ALGORITHM, headers=headers)

    def credentials(self, who: str) -> str:
        """What a caller of this kind sends."""
        now = int(time.time())
        if who in ROLES:
            return self.token(*ROLES[who])
        return {
            "nobody": lambda: "",
            "expired": lambda: self.made(iat=now - 700, exp=now - 100),
            "of an ended session": lambda: self.ended.token,
            "of old roles": lambda: self.stale.token,
            "for another audience": lambda: self.made(aud="elsewhere"),
            "of another issuer": lambda: self.made(iss="https://evil.example"),
            "a refresh token": lambda: self.stale.refresh_token,
            "a service's token": self._mesh_token,
            DELETED: lambda: self.token("learner", deleted=True),
        }[who]()

    def _mesh_token(self) -> str:
        with self.stack.mesh("user", "auth") as channel:
            return dict(channel.metadata())["x-stellr-service"]


@pytest.fixture(scope="module")
def callers(stack: Stack) -> Callers:
    ended, stale = register(stack), register(stack)
    ended.post("/logout")
    stack.command("admin", "grant", stale.email, "author")
    eventually(lambda: ended.get("/me").status_code == stale.get("/me").status_code == 401)
    return Callers(stack, signer_of(stack), ended, stale)


def refusal(rpc: MethodPolicy, who: str) -> str:
    """Why a caller is refused; "" where it is left to the handler."""
    if rpc.access == options.ACCESS_PUBLIC:
        return ""
    if who in REFUSED and (who != "nobody" or rpc.access != options.ACCESS_INTERNAL):
        return REFUSED[who]
    if rpc.access == options.ACCESS_INTERNAL:
        return "SERVICE_IDENTITY_REQUIRED"
    if who == DELETED:
        return "" if rpc.while_deleted else "ACCOUNT_DELETED"
    lacks = rpc.access == options.ACCESS_ROLE and not ROLES[who] & rpc.roles
    return "ROLE_REQUIRED" if lacks else ""


@pytest.mark.parametrize("who", [*REFUSED, *ROLES, DELETED])
@pytest.mark.parametrize("method", RPCS)
def test_who_may_call_what(callers: Callers, method: str, who: str) -> None:
    token = callers.credentials(who)
    metadata = [("authorization", f"Bearer {token}")] if token else []
    service = SERVICES[method.split("/")[1]]
    with grpc.insecure_channel(callers.stack.target(service)) as channel:
        told = _told(channel, method, metadata)
    wanted = refusal(RPCS[method], who)
    assert told == wanted if wanted else told not in REFUSALS


def _told(channel: grpc.Channel, method: str, metadata: list[tuple[str, str]]) -> str:
    try:
        channel.unary_unary(method)(b"", metadata=metadata, timeout=10)
    except grpc.RpcError as error:
        if error.code() is grpc.StatusCode.UNIMPLEMENTED:
            return "UNIMPLEMENTED"
        return reason_of(error)
    return ""


def test_what_a_deleted_account_may_do_is_little() -> None:
    may = {method.rpartition("/")[2] for method, rpc in RPCS.items() if rpc.while_deleted}
    assert may <= {"Logout", "GetProfile", "RestoreAccount", "RestoreProfile"}
