"""Who asks, and whether the method's policy lets them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import grpc

from services.kit.call import NOBODY, Call, Caller
from services.kit.errors import (
    CallerNotAllowed,
    ResourceNotFound,
    RoleRequired,
    ServiceIdentityRequired,
    SignInRequired,
    TokenInvalid,
)
from services.kit.rpc.interceptors.base import Link, Method, this_call
from services.kit.rpc.policy import MethodPolicy
from stellr.options.v1 import options_pb2 as options

BEARER = "bearer "
ME = "me"


class Identity(Link):
    """Before anything looks at the request: who may not call learns nothing of what it says."""

    def intercept(
        self, method: Method, request: Any, context: grpc.ServicerContext, method_name: str
    ) -> Any:
        """Find out who asks and hold the policy against it."""
        policy, call = self.policy(method_name), this_call()
        call.caller = self._caller(policy, call)
        _allow(policy, call.caller)
        if policy.owner_field:
            _own(policy, call.caller, request)
        return method(request, context)

    def _caller(self, policy: MethodPolicy, call: Call) -> Caller:
        service = ""
        if call.service_credentials:
            service = self.runtime.mesh_tokens.verify(call.service_credentials)
        if policy.access == options.ACCESS_PUBLIC or not call.credentials:
            return Caller(service=service) if service else NOBODY
        return self._person(call.credentials, service)

    def _person(self, credentials: str, service: str) -> Caller:
        if credentials[: len(BEARER)].lower() != BEARER:
            raise TokenInvalid("send Authorization: Bearer <accessToken>")
        token = credentials[len(BEARER) :].strip()
        access = self.runtime.access_tokens.verify(token)
        self.runtime.identity.check(access)
        return Caller(access.user_id, access.session_id, access.roles, service, token)


def _allow(policy: MethodPolicy, caller: Caller) -> None:
    if policy.access == options.ACCESS_INTERNAL:
        _allow_service(policy, caller)
    elif policy.access in (options.ACCESS_PUBLIC, options.ACCESS_OPTIONAL):
        return
    elif caller.user_id is None:
        raise SignInRequired
    elif policy.access == options.ACCESS_ROLE and not caller.roles & policy.roles:
        raise RoleRequired(f"needs a role: {', '.join(sorted(policy.roles))}")


def _allow_service(policy: MethodPolicy, caller: Caller) -> None:
    if not caller.service:
        raise ServiceIdentityRequired
    if "*" not in policy.callers and caller.service not in policy.callers:
        raise CallerNotAllowed(f"{caller.service} may not call this")


def _own(policy: MethodPolicy, caller: Caller, request: Any) -> None:
    owner: str = getattr(request, policy.owner_field)
    if owner == ME or _is(caller.user_id, owner):
        setattr(request, policy.owner_field, str(caller.user_id))
    elif not caller.roles & policy.roles:
        raise ResourceNotFound


def _is(user_id: UUID | None, owner: str) -> bool:
    return owner.lower() == str(user_id)
