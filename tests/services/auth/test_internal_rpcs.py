import time
from typing import Any
from uuid import uuid4

import grpc
import pytest

from services.kit.errors import InvalidArgument, NotFound
from stellr.auth.v1 import auth_internal_service_pb2 as pb
from stellr.auth.v1.auth_internal_service_pb2_grpc import AuthInternalServiceStub
from stellr.errors.v1.reason_pb2 import Reason
from stellr.options.v1.options_pb2 import Role
from tests.services.auth.steps import (
    Learners,
    Mesh,
    address,
    refresh,
    with_token,
)
from tests.support import Stack, Visitor, eventually, reason


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
