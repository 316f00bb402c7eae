"""From where a person calls, told by one service to another: believed of services alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import grpc
import pytest

from services.kit import call as calls
from services.kit.rpc.clients import MeshChannel
from stellr.user.v1 import profile_pb2
from stellr.user.v1 import user_service_pb2 as pb
from tests.services.kit.harness import (
    Kit,
    bearer,
    message,
    notifications,
    send,
    serving,
    user_stub,
    users,
)

ADDRESS, AGENT = "2001:db8::7", "Zoë's browser/1.0 (王)"
CLAIMED = [("x-stellr-client-address", ADDRESS), ("x-stellr-client-agent-bin", b"claimed")]


@contextmanager
def asked_from(address: str, agent: str) -> Iterator[None]:
    """As in the handler of a call that came from there."""
    token = calls.enter(calls.Call("test", address=address, user_agent=agent))
    try:
        yield
    finally:
        calls.leave(token)


@pytest.fixture
def seen() -> list[tuple[str, str]]:
    """Where calls came from, as their handlers saw it."""
    return []


def note(seen: list[tuple[str, str]]) -> None:
    this = calls.current()
    assert this is not None
    seen.append((this.address, this.user_agent))


@pytest.fixture
def channel(kit: Kit, seen: list[tuple[str, str]]) -> Iterator[MeshChannel]:
    """From user to a notification that notes who asks it."""
    with (
        serving(kit.runtime(notifications(lambda _: note(seen)))) as port,
        kit.channel("user", "notification", port) as channel,
    ):
        yield channel


def test_a_service_tells_where_the_person_is(
    channel: MeshChannel, seen: list[tuple[str, str]]
) -> None:
    with asked_from(ADDRESS, AGENT):
        send(channel)(message())
    assert seen == [(ADDRESS, AGENT)]


def test_what_a_service_does_by_itself_comes_from_itself(
    channel: MeshChannel, seen: list[tuple[str, str]]
) -> None:
    send(channel)(message())
    with asked_from("", ""):
        send(channel)(message())
    assert {address for address, _ in seen} == {"127.0.0.1"}


def test_what_came_through_the_door_is_where_the_door_says(
    kit: Kit, channel: MeshChannel, seen: list[tuple[str, str]]
) -> None:
    own = [*channel.metadata(), *CLAIMED, ("x-envoy-external-address", "192.0.2.1")]
    with grpc.insecure_channel(channel.target) as plain:
        send(plain)(message(), metadata=own)
    assert seen[0][0] == "192.0.2.1"
    assert seen[0][1] != "claimed"


def test_a_person_is_not_believed(kit: Kit, seen: list[tuple[str, str]]) -> None:
    def work(_: Any) -> profile_pb2.Profile:
        note(seen)
        return profile_pb2.Profile()

    with serving(kit.runtime(users(work), name="user")) as port:
        metadata: Any = [*bearer(kit.token(uuid4(), uuid4())), *CLAIMED]
        user_stub(port).GetProfile(pb.GetProfileRequest(), metadata=metadata)
    assert seen[0][0] == "127.0.0.1"
    assert seen[0][1] != "claimed"
