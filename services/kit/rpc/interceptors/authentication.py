"""Who asks, and whether the method's policy lets them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from services.kit.call import NOBODY, Call, Caller
from services.kit.errors import (
    AccountDeleted,
    CallerNotAllowed,
    ResourceNotFound,
    RoleRequired,
    ServiceIdentityRequired,
    SignInRequired,
    TokenInvalid,
)
from services.kit.identity.revocations import Revocations
from services.kit.identity.tokens import AccessTokens, MeshTokens
from services.kit.rpc.interceptors.base import Method, this_call
from services.kit.rpc.policy import MethodPolicy
from stellr.options.v1 import options_pb2 as options

BEARER = "bearer "
ME = "me"


class Authentication:
    """Before anything looks at the request: who may not call learns nothing of what it says."""

    def __init__(
        self, mesh_tokens: MeshTokens, access_tokens: AccessTokens, revocations: Revocations
    ) -> None:
        self._mesh_tokens = mesh_tokens
        self._access_tokens = access_tokens
        self._revocations = revocations

    def bind(self, proceed: Method, rpc: MethodPolicy) -> Method:
        """Find out who asks and hold the policy against it."""
        looks_at_person = rpc.access != options.ACCESS_PUBLIC
        writes = not (rpc.reads_only or rpc.asked_by_get)

        def authenticated(request: Any, context: Any) -> Any:
            call = this_call()
            call.caller = self._caller(call, looks_at_person)
            if writes and call.caller.user_id is not None:
                self._revocations.check_known()
            _allow(rpc, call.caller)
            if rpc.owner_field:
                _own(rpc, call.caller, request)
            return proceed(request, context)

        return authenticated

    def _caller(self, call: Call, looks_at_person: bool) -> Caller:
        service = ""
        if call.service_credentials:
            service = self._mesh_tokens.verify(call.service_credentials)
            call.believe_origin()
        if looks_at_person and call.credentials:
            return self._person(call.credentials, service)
        return Caller(service=service) if service else NOBODY

    def _person(self, credentials: str, service: str) -> Caller:
        if credentials[: len(BEARER)].lower() != BEARER:
            raise TokenInvalid("send Authorization: Bearer <accessToken>")
        token = credentials[len(BEARER) :].strip()
        access = self._access_tokens.verify(token)
        self._revocations.check(access)
        return Caller(
            access.user_id,
            access.session_id,
            access.roles,
            service,
            deleted=access.deleted,
            token=token,
        )


def _allow(rpc: MethodPolicy, caller: Caller) -> None:
    if rpc.access == options.ACCESS_INTERNAL:
        _allow_service(rpc, caller)
    elif caller.deleted and not rpc.while_deleted:
        raise AccountDeleted
    elif rpc.access in (options.ACCESS_PUBLIC, options.ACCESS_OPTIONAL) or (
        caller.user_id is None and _is_named(rpc, caller)
    ):
        return
    elif caller.user_id is None:
        raise SignInRequired
    elif rpc.access == options.ACCESS_ROLE and not caller.roles & rpc.roles:
        raise RoleRequired(f"needs a role: {', '.join(sorted(rpc.roles))}")


def _allow_service(rpc: MethodPolicy, caller: Caller) -> None:
    if not caller.service:
        raise ServiceIdentityRequired
    if not _is_named(rpc, caller):
        raise CallerNotAllowed(f"{caller.service} may not call this")


def _is_named(rpc: MethodPolicy, caller: Caller) -> bool:
    """Whether the caller is one of the services that the method is for."""
    return bool(caller.service) and ("*" in rpc.callers or caller.service in rpc.callers)


def _own(rpc: MethodPolicy, caller: Caller, request: Any) -> None:
    owner: str = getattr(request, rpc.owner_field)
    if owner == ME or _is(caller.user_id, owner):
        setattr(request, rpc.owner_field, str(caller.user_id))
    elif not caller.roles & rpc.roles:
        raise ResourceNotFound


def _is(user_id: UUID | None, owner: str) -> bool:
    return owner.lower() == str(user_id)
