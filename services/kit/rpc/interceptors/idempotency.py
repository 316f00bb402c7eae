"""Answers a request that came before, by its Idempotency-Key, as it was answered then."""

from __future__ import annotations

from typing import Any

from services.kit.call import Call
from services.kit.data import idempotency
from services.kit.data.database import Database
from services.kit.errors import DomainError, InvalidFields, Violation
from services.kit.rpc.interceptors.base import Method, this_call
from services.kit.rpc.policy import MethodPolicy

LONGEST_KEY = 255


class Idempotency:
    """Last before the handler: whatever refuses a request leaves its key free."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def bind(self, proceed: Method, rpc: MethodPolicy) -> Method:
        """Answer from what was kept, or let the handler answer and keep that."""
        if not rpc.keeps_reply:
            return proceed

        def once(request: Any, context: Any) -> Any:
            call = this_call()
            if not call.idempotency_key:
                return proceed(request, context)
            _check(call.idempotency_key)
            claim = idempotency.Claim(_caller(call), rpc.method, call.idempotency_key)
            kept = idempotency.claim(self._database, claim, request)
            if kept is not None:
                return rpc.reply.FromString(kept)
            return self._answer(claim, lambda: proceed(request, context))

        return once

    def _answer(self, claim: idempotency.Claim, proceed: Any) -> Any:
        try:
            reply = proceed()
        except DomainError as error:
            if error.commit:
                idempotency.release(self._database, claim)
            raise
        idempotency.keep(self._database, claim, reply)
        return reply


def _caller(call: Call) -> str:
    return str(call.caller.user_id or call.caller.service or call.address)


def _check(key: str) -> None:
    if len(key) > LONGEST_KEY or not key.isprintable():
        raise InvalidFields([Violation("Idempotency-Key", "at most 255 printable characters")])
