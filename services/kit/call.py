"""The call being handled: who asks, how long they wait, and under which id it is logged."""

from __future__ import annotations

import time
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from services.kit.errors import SignInRequired


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: a person, a service, both (a service on a person's behalf), or nobody."""

    user_id: UUID | None = None
    session_id: UUID | None = None
    roles: frozenset[str] = frozenset()
    service: str = ""
    # The person deleted the account, and may take that back.
    deleted: bool = False
    # The person's access token, carried along to the services asked on the way.
    token: str = field(default="", repr=False)


NOBODY = Caller()
# What is kept of a caller's time for answering it.
MARGIN_SECONDS = 0.05


@dataclass(slots=True)
class Call:
    """One RPC or job while it is handled."""

    method: str
    request_id: str = ""
    # time.monotonic() at which the caller stops waiting; None: no end is known.
    deadline: float | None = None
    address: str = ""
    user_agent: str = ""
    # What the caller says of where the person is: taken once it proves to be a service.
    told_address: str = ""
    told_agent: str = ""
    idempotency_key: str = ""
    # The rate limit that refused it.
    limit: str = ""
    # The state that is to be changed, as the header of that name has it.
    if_match: str = ""
    # The HTTP method of what Envoy made a call of gRPC; empty where it came as one.
    http_method: str = ""
    # Its path and query, as Envoy had them: never to be logged, as a query may hold a token.
    http_path: str = field(default="", repr=False)
    credentials: str = field(default="", repr=False)
    service_credentials: str = field(default="", repr=False)
    caller: Caller = NOBODY
    # The gRPC code of the answer by its name, and the google.rpc reason of a refusal.
    code: str = "OK"
    reason: str = ""
    # Where in its trace the call stands (W3C Trace Context), as it goes on to whom it asks.
    traceparent: str = ""
    tracestate: str = ""
    # The span of the call; None where it is not recorded.
    span: Any = field(default=None, repr=False)

    @property
    def trace_id(self) -> str:
        """The id of its trace, 32 hexadecimal digits; empty where it belongs to none."""
        return self.traceparent[3:35]

    def time_left(self) -> float | None:
        """Seconds until the caller stops waiting; None where no end is known."""
        return None if self.deadline is None else self.deadline - time.monotonic()

    def lose_caller(self) -> None:
        """Nobody is there any more who could be told: what log and metrics have of that."""
        self.code = self.reason = "CANCELLED"

    def believe_origin(self) -> None:
        """Take the person to be where the caller says, if it says so."""
        if self.told_address:
            self.address, self.user_agent = self.told_address, self.told_agent


_current: ContextVar[Call | None] = ContextVar("stellr_call", default=None)
enter = _current.set
leave = _current.reset


def current() -> Call | None:
    """The call being handled, if this thread handles one."""
    return _current.get()


def caller() -> Caller:
    """Who asks; NOBODY outside a call."""
    call = _current.get()
    return NOBODY if call is None else call.caller


def user_id() -> UUID:
    """The id of the person who asks; SignInRequired where nobody is signed in."""
    person = caller().user_id
    if person is None:
        raise SignInRequired
    return person


def session_id() -> UUID:
    """The id of the session of the person who asks; SignInRequired where nobody is signed in."""
    session = caller().session_id
    if session is None:
        raise SignInRequired
    return session


def patience(longest: float) -> float:
    """Seconds to wait for something: at most `longest`, and the caller still hears how it ended."""
    call = _current.get()
    left = None if call is None else call.time_left()
    return longest if left is None else max(0.0, min(longest, left - MARGIN_SECONDS))


def new_request_id() -> str:
    """An id for a call that came without one."""
    return str(uuid4())
