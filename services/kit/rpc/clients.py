"""Calls to other services: identity and deadline travel along, refusals come back typed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import grpc
from google.rpc import error_details_pb2 as details
from grpc_status import rpc_status

from services.kit import call as calls
from services.kit import tracing
from services.kit.errors import (
    FROM_PEER,
    DeadlineExceeded,
    DomainError,
    InvalidArgument,
    PermissionDenied,
    ServiceUnavailable,
    Unauthenticated,
    Violation,
    reason_named,
)
from services.kit.identity.tokens import MeshTokens
from services.kit.rpc.client_spans import ClientSpans
from services.kit.rpc.mesh_tls import MeshTls, names
from services.kit.rpc.ports import stream_address
from services.kit.waiting import waiting
from stellr.errors.v1.reason_pb2 import Reason

DEFAULT_TIMEOUT_SECONDS = 5.0
# Where the person is. Devices name themselves as they like, so in bytes.
CLIENT_ADDRESS, CLIENT_AGENT = "x-stellr-client-address", "x-stellr-client-agent-bin"
# Most refusals of these kinds mean that this service itself may not ask.
OURS = (Unauthenticated, PermissionDenied)
OF_THE_PERSON = frozenset(
    {
        # The token was good when the call began here, and ended before it came there.
        Reason.REASON_TOKEN_EXPIRED,
        Reason.REASON_TOKEN_STALE,
        Reason.REASON_SESSION_ENDED,
        Reason.REASON_NOT_YOUR_COURSE,
    }
)

_BALANCED: dict[str, Any] = {"loadBalancingConfig": [{"round_robin": {}}]}
_SERVICE_CONFIG = {
    **_BALANCED,
    # Of ten calls that fail, the later ones are not tried again: a service that is down is not
    # called the more for it (gRFC A6).
    "retryThrottling": {"maxTokens": 10, "tokenRatio": 0.2},
    "methodConfig": [
        {
            "name": [{}],
            # UNAVAILABLE comes from a process that is going or not yet there, CANCELLED from one
            # that was reached while it closed its doors: nobody here cancels a call. Every internal
            # write may come twice, so all methods may be tried again.
            "retryPolicy": {
                "maxAttempts": 4,
                "initialBackoff": "0.05s",
                "maxBackoff": "0.5s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE", "CANCELLED"],
            },
        }
    ],
}
# A server that is gone without a word is noticed, also by who waits for an event. Servers let
# clients ping that often (server.MIN_PING_INTERVAL_MS).
KEEPALIVE = [
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
]
_CONNECTING = [
    ("grpc.initial_reconnect_backoff_ms", 100),
    # For so long a connection may take: of a busy machine, with TLS.
    ("grpc.min_reconnect_backoff_ms", 1000),
    ("grpc.max_reconnect_backoff_ms", 2000),
    # A container that was made anew has another address; gRPC would not ask for 30 s.
    ("grpc.dns_min_time_between_resolutions_ms", 1000),
    ("grpc.max_receive_message_length", 64 * 1024 * 1024),
    ("grpc.max_send_message_length", 64 * 1024 * 1024),
    # As servers (server.py).
    ("grpc.http2.bdp_probe", 0),
    *KEEPALIVE,
]
OPTIONS = [("grpc.service_config", json.dumps(_SERVICE_CONFIG)), *_CONNECTING]
# A stream is not tried again by itself: with retries, one that is asked for while its process dies
# never ends, not even at its deadline (grpc 1.85; compare grpc/grpc#39935).
STREAM_OPTIONS = [
    ("grpc.service_config", json.dumps(_BALANCED)),
    ("grpc.enable_retries", 0),
    *_CONNECTING,
]


def channel_name(target: str) -> str:
    """The gRPC name of host:port[,host:port...]; a name such as dns:///course:50051 stays."""
    if "://" in target:
        return target
    return f"ipv4:{target}" if target[0].isdigit() else f"dns:///{target}"


def streams_of(target: str) -> str:
    """Where the processes of a target serve streams."""
    return ",".join(map(stream_address, target.split(",")))


def open_channel(
    target: str,
    options: Sequence[tuple[str, Any]] = OPTIONS,
    *,
    service: str = "",
    tls: MeshTls | None = None,
) -> grpc.Channel:
    """A channel to host:port[,host:port...], or to any gRPC name such as dns:///course:50051.

    With `tls` the other side must prove to be `service`.
    """
    name = channel_name(target)
    if tls is None:
        return grpc.insecure_channel(name, options=options)
    return grpc.secure_channel(name, tls.client(), options=[*options, *names(service)])


def recorded(service: str, channel: grpc.Channel) -> grpc.Channel:
    """A channel whose calls are recorded as spans, where traces are on."""
    spans = tracing.on()
    return (
        channel if spans is None else grpc.intercept_channel(channel, ClientSpans(service, spans))
    )


class Calling:
    """The callable of one RPC that answers with a message: a method of a stub."""

    def __init__(self, channel: MeshChannel, path: str, rpc: Callable[..., Any]) -> None:
        self.service = channel.service
        self.path = path
        self._channel = channel
        self._rpc = rpc

    def __call__(self, request: Any, timeout: float | None = None) -> Any:
        """The answer; DomainError where the service refuses, or does not answer in time."""
        try:
            timeout = _timeout(timeout)
            with waiting:
                return self._rpc(request, timeout=timeout, metadata=self._channel.metadata())
        except grpc.RpcError as error:
            raise from_peer(self.service, error) from error


class MeshChannel(grpc.Channel):
    """A channel to one service, its calls and its streams: give it to a generated stub."""

    def __init__(
        self, service: str, target: str, tokens: MeshTokens, tls: MeshTls | None = None
    ) -> None:
        self.service = service
        self.target = target
        self.tls = tls
        streams = streams_of(target)
        self._calls = recorded(service, open_channel(target, service=service, tls=tls))
        self._streams = recorded(
            service, open_channel(streams, STREAM_OPTIONS, service=service, tls=tls)
        )
        self._tokens = tokens

    def unary_unary(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """A callable for one RPC that answers with a message."""
        return Calling(self, method, self._calls.unary_unary(method, *args, **kwargs))

    def stream_unary(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """A callable for one RPC that takes a stream and answers with a message."""
        return Calling(self, method, self._calls.stream_unary(method, *args, **kwargs))

    def unary_stream(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """A callable for one RPC that answers with a stream; it has no deadline of its own."""
        return self._streaming(self._streams.unary_stream(method, *args, **kwargs))

    def stream_stream(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """A callable for one RPC that takes and answers streams; no deadline of its own."""
        return self._streaming(self._streams.stream_stream(method, *args, **kwargs))

    def subscribe(self, callback: Any, try_to_connect: bool | None = False) -> None:
        """As grpc.Channel.subscribe."""
        self._calls.subscribe(callback, bool(try_to_connect))

    def unsubscribe(self, callback: Any) -> None:
        """As grpc.Channel.unsubscribe."""
        self._calls.unsubscribe(callback)

    def close(self) -> None:
        """Close the channel; calls under way are cancelled."""
        self._calls.close()
        self._streams.close()

    def metadata(self) -> list[tuple[str, str | bytes]]:
        """What tells the other service who asks, on whose behalf, from where, in which request."""
        metadata: list[tuple[str, str | bytes]] = [
            ("x-stellr-service", self._tokens.token_for(self.service))
        ]
        call = calls.current()
        if call is not None:
            metadata.append(("x-request-id", call.request_id))
            if call.traceparent:
                metadata += tracing.headers(call)
            if call.address:
                metadata.append((CLIENT_ADDRESS, call.address))
                metadata.append((CLIENT_AGENT, call.user_agent.encode()))
            if call.caller.token:
                metadata.append(("authorization", f"Bearer {call.caller.token}"))
        return metadata

    def __enter__(self) -> MeshChannel:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _streaming(self, rpc: Callable[..., Any]) -> Callable[..., Any]:
        def invoke(request: Any, timeout: float | None = None) -> Any:
            return rpc(request, timeout=timeout, metadata=self.metadata())

        return invoke


def _timeout(asked: float | None) -> float:
    """Seconds to wait: what was asked for, and never longer than our own caller waits."""
    wanted = DEFAULT_TIMEOUT_SECONDS if asked is None else asked
    seconds = calls.patience(wanted)
    if not seconds:
        raise DeadlineExceeded("the time for this request is over")
    return seconds


def from_peer(service: str, error: grpc.RpcError) -> DomainError | grpc.RpcError:
    """What our caller hears of another's refusal; the error itself where that is our fault."""
    kind = FROM_PEER.get(error.code())
    if kind is None:
        return error
    status = rpc_status.from_call(error)
    if status is None:
        return error if kind in OURS else _without_details(kind, service)
    info, bad, retry = details.ErrorInfo(), details.BadRequest(), details.RetryInfo()
    for detail in status.details:
        for message in (info, bad, retry):
            detail.Unpack(message)  # does nothing to a message of another kind
    reason = reason_named(info.reason)
    if kind in OURS and reason not in OF_THE_PERSON:
        return error
    heard = kind(status.message, reason=reason, metadata=info.metadata)
    if isinstance(heard, InvalidArgument):
        heard.violations = tuple(Violation(v.field, v.description) for v in bad.field_violations)
    heard.retry_after = retry.retry_delay.ToMilliseconds() / 1000 or heard.retry_after
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
