"""Calls to other services: identity and deadline travel along, refusals come back typed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from services.kit import call as calls
from services.kit.errors import (
    FROM_PEER,
    DeadlineExceeded,
    DomainError,
    InvalidArgument,
    ServiceUnavailable,
    Unauthenticated,
    Violation,
    reason_named,
)
from services.kit.identity.tokens import MeshTokens
from stellr.errors.v1.reason_pb2 import Reason

DEFAULT_TIMEOUT_SECONDS = 5.0
# The person's token was good when the call began here, and ended before it came there.
ENDED = frozenset(
    {Reason.REASON_TOKEN_EXPIRED, Reason.REASON_TOKEN_STALE, Reason.REASON_SESSION_ENDED}
)
# What is kept of the caller's time for answering it.
MARGIN_SECONDS = 0.05

_SERVICE_CONFIG = {
    "loadBalancingConfig": [{"round_robin": {}}],
    "methodConfig": [
        {
            "name": [{}],
            # UNAVAILABLE comes from a process that is going or not yet there. Every internal write
            # may come twice, so all methods may be tried again.
            "retryPolicy": {
                "maxAttempts": 4,
                "initialBackoff": "0.05s",
                "maxBackoff": "0.5s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ],
}
_OPTIONS = [
    ("grpc.service_config", json.dumps(_SERVICE_CONFIG)),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 2000),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.max_receive_message_length", 64 * 1024 * 1024),
    ("grpc.max_send_message_length", 64 * 1024 * 1024),
]


def open_channel(target: str) -> grpc.Channel:
    """A channel to host:port[,host:port...], or to any gRPC name such as dns:///course:50051."""
    literal = target if "://" in target else f"ipv4:{target}"
    if "://" not in target and not target[0].isdigit():
        literal = f"dns:///{target}"
    return grpc.insecure_channel(literal, options=_OPTIONS)


class MeshChannel(grpc.Channel):
    """A channel to one service: give it to a generated stub."""

    def __init__(self, service: str, target: str, tokens: MeshTokens) -> None:
        self._service = service
        self._channel = open_channel(target)
        self._tokens = tokens

    def unary_unary(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """A callable for one RPC that answers with a message."""
        return self._calling(self._channel.unary_unary(method, *args, **kwargs))

    def stream_unary(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """A callable for one RPC that takes a stream and answers with a message."""
        return self._calling(self._channel.stream_unary(method, *args, **kwargs))

    def unary_stream(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """A callable for one RPC that answers with a stream; it has no deadline of its own."""
        return self._streaming(self._channel.unary_stream(method, *args, **kwargs))

    def stream_stream(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """A callable for one RPC that takes and answers streams; no deadline of its own."""
        return self._streaming(self._channel.stream_stream(method, *args, **kwargs))

    def subscribe(self, callback: Any, try_to_connect: bool | None = False) -> None:
        """As grpc.Channel.subscribe."""
        self._channel.subscribe(callback, bool(try_to_connect))

    def unsubscribe(self, callback: Any) -> None:
        """As grpc.Channel.unsubscribe."""
        self._channel.unsubscribe(callback)

    def close(self) -> None:
        """Close the channel; calls under way are cancelled."""
        self._channel.close()

    def __enter__(self) -> MeshChannel:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _calling(self, rpc: Callable[..., Any]) -> Callable[..., Any]:
        def invoke(request: Any, timeout: float | None = None) -> Any:
            try:
                return rpc(request, timeout=_timeout(timeout), metadata=self._metadata())
            except grpc.RpcError as error:
                raise from_peer(self._service, error) from error

        return invoke

    def _streaming(self, rpc: Callable[..., Any]) -> Callable[..., Any]:
        def invoke(request: Any, timeout: float | None = None) -> Any:
            return rpc(request, timeout=timeout, metadata=self._metadata())

        return invoke

    def _metadata(self) -> list[tuple[str, str]]:
        metadata = [("x-stellr-service", self._tokens.token_for(self._service))]
        call = calls.current()
        if call is not None:
            metadata.append(("x-request-id", call.request_id))
            if call.caller.token:
                metadata.append(("authorization", f"Bearer {call.caller.token}"))
        return metadata


def _timeout(asked: float | None) -> float:
    """Seconds to wait: what was asked for, and never longer than our own caller waits."""
    wanted = DEFAULT_TIMEOUT_SECONDS if asked is None else asked
    call = calls.current()
    left = None if call is None else call.time_left()
    if left is None:
        return wanted
    if left <= MARGIN_SECONDS:
        raise DeadlineExceeded("the time for this request is over")
    return min(wanted, left - MARGIN_SECONDS)


def from_peer(service: str, error: grpc.RpcError) -> DomainError | grpc.RpcError:
    """What our caller hears of another's refusal; the error itself where that is our fault."""
    kind = FROM_PEER.get(error.code())
    if kind is None:
        return error
    status = rpc_status.from_call(error)
    if status is None:
        return error if kind is Unauthenticated else _without_details(kind, service)
    info, violations = error_details_pb2.ErrorInfo(), []
    for detail in status.details:
        if detail.Is(error_details_pb2.BadRequest.DESCRIPTOR):
            bad = error_details_pb2.BadRequest.FromString(detail.value)
            violations = [Violation(v.field, v.description) for v in bad.field_violations]
        else:
            detail.Unpack(info)
    reason = reason_named(info.reason)
    if kind is Unauthenticated and reason not in ENDED:
        return error
    heard = kind(status.message, reason=reason, metadata=info.metadata)
    if isinstance(heard, InvalidArgument):
        heard.violations = tuple(violations)
    return heard


def _without_details(kind: type[DomainError], service: str) -> DomainError:
    if kind is DeadlineExceeded:
        return kind(f"{service} did not answer in time")
    return ServiceUnavailable(f"{service} does not answer: try again")


def collect(stream: Iterator[Any], service: str) -> Iterator[Any]:
    """The messages of a stream, its refusal as a typed error."""
    try:
        yield from stream
    except grpc.RpcError as error:
        raise from_peer(service, error) from error
