"""The chain that every call passes: one ordered list, with the reason for each place.

It is put together once for each method when the server starts: a link that has nothing to do for a
method is not there when that is called.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.kit import metrics as measured
from services.kit import tracing
from services.kit.data.database import Database
from services.kit.identity.revocations import Revocations
from services.kit.identity.tokens import AccessTokens, MeshTokens
from services.kit.rpc.interceptors.authentication import Authentication
from services.kit.rpc.interceptors.base import Link, Method, Stream
from services.kit.rpc.interceptors.decoding import Decoding
from services.kit.rpc.interceptors.errors import Errors
from services.kit.rpc.interceptors.idempotency import Idempotency
from services.kit.rpc.interceptors.if_match import IfMatch
from services.kit.rpc.interceptors.log import Log
from services.kit.rpc.interceptors.metrics import Metrics
from services.kit.rpc.interceptors.path_fields import PathFields
from services.kit.rpc.interceptors.rate_limit import RateLimit
from services.kit.rpc.interceptors.request_id import RequestId
from services.kit.rpc.interceptors.trace import Trace
from services.kit.rpc.interceptors.transaction import Transaction
from services.kit.rpc.interceptors.validation import Validation
from services.kit.rpc.limits import RateLimiter
from services.kit.rpc.policy import MethodPolicy

OuterLink = RequestId | Trace | Log | Metrics | Errors


@dataclass(frozen=True)
class Chain:
    """The links in order: `outer` see the whole of a stream, `inner` only how it is opened."""

    outer: Sequence[OuterLink]
    inner: Sequence[Link]

    def method(self, handler: Method, rpc: MethodPolicy) -> Method:
        """The handler of an RPC behind all links."""
        bound = self.opening(handler, rpc)
        for link in reversed(self.outer):
            bound = link.bind(bound, rpc)
        return bound

    def opening(self, handler: Method, rpc: MethodPolicy) -> Method:
        """The handler behind the inner links."""
        for link in reversed(self.inner):
            handler = link.bind(handler, rpc)
        return handler

    def stream(self, messages: Stream, rpc: MethodPolicy) -> Stream:
        """A stream, opened behind the inner links already, behind the outer ones."""
        for link in reversed(self.outer):
            messages = link.bind_stream(messages, rpc)
        return messages


def chain(
    *,
    metrics: measured.Metrics,
    mesh_tokens: MeshTokens,
    access_tokens: AccessTokens,
    revocations: Revocations,
    limiter: RateLimiter,
    database: Database | None,
) -> Chain:
    """The chain of a service; one without a database has no use for the last two links."""
    spans = tracing.on()
    outer = (
        RequestId(),  # everything after it knows which call it is
        *((Trace(spans),) if spans else ()),  # sees all that follows; the log tells its trace
        Log(),  # sees what the caller is told
        Metrics(metrics),  # sees what the caller is told
        Errors(),  # all that may refuse stands after it
    )
    inner: tuple[Link, ...] = (
        Decoding(),  # what follows may look into the request
        PathFields(),  # before identity writes into the request who `me` is
        Authentication(mesh_tokens, access_tokens, revocations),  # who may not call learns nothing
        RateLimit(limiter),  # knows the person by now; before anything that costs
        IfMatch(),  # a header that stands for a field, as which it is looked at
        Validation(),  # the handler sees only requests within their bounds
    )
    if database is not None:
        inner = (
            *inner,
            Transaction(database),  # what follows is written together or not at all
            Idempotency(database),  # keys and replies belong to that transaction
        )
    return Chain(outer, inner)
