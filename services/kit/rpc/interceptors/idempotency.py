"""Answers a request that came before, by its Idempotency-Key, as it was answered then."""

from __future__ import annotations

from typing import Any

import grpc

from services.kit.call import Call
from services.kit.data import idempotency
from services.kit.errors import DomainError, InvalidFields, Violation
from services.kit.rpc.interceptors.base import Link, Method, this_call

LONGEST_KEY = 255


class Idempotency(Link):
    """Last before the handler: whatever refuses a request leaves its key free."""

    def intercept(
        self, method: Method, request: Any, context: grpc.ServicerContext, method_name: str
    ) -> Any:
        """Answer from what was kept, or let the handler answer and keep that."""
        policy, call = self.policy(method_name), this_call()
        if not call.idempotency_key or not policy.keeps_reply or not self.runtime.has_database:
            return method(request, context)
        _check(call.idempotency_key)
        session, key = self.runtime.database.session, call.idempotency_key
        kept = idempotency.claim(session, _caller(call), method_name, key, request)
        if kept is not None:
            return policy.reply.FromString(kept)
        try:
            reply = method(request, context)
        except DomainError as error:
            if error.commit:
                idempotency.release(session, _caller(call), method_name, key)
            raise
        idempotency.keep(session, _caller(call), method_name, key, reply)
        return reply


def _caller(call: Call) -> str:
    return str(call.caller.user_id or call.caller.service or call.address)


def _check(key: str) -> None:
    if len(key) > LONGEST_KEY or not key.isprintable():
        raise InvalidFields([Violation("Idempotency-Key", "at most 255 printable characters")])
