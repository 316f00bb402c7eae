"""The identity feed: what access tokens do not know, sent to every process of the mesh."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from services.auth import repository
from services.auth.access import LIFETIME_SECONDS
from services.auth.models import IdentityEvent
from services.kit.process.runtime import Runtime
from stellr.auth.v1 import auth_internal_service_pb2 as pb

BATCH = 500
# How long a stream sleeps at most before it looks whether its follower is still there.
LOOK_AROUND_SECONDS = 2.0
SLACK_SECONDS = 60


def watch(
    runtime: Runtime, cursor: str, is_active: Callable[[], bool]
) -> Iterator[pb.IdentityEvent]:
    """All events that may matter to a live token, `caught_up`, then each new one."""
    signal = runtime.feed_signal
    with runtime.database.transaction() as unit:
        cursor = cursor or repository.recent_position(
            unit.session, LIFETIME_SECONDS + SLACK_SECONDS
        )
    caught_up = False
    while is_active() and not runtime.stopping.is_set():
        serial = signal.serial
        events = _read(runtime, cursor)
        yield from events
        if events:
            cursor = events[-1].cursor
        elif not caught_up:
            caught_up = True
            yield pb.IdentityEvent(cursor=cursor, caught_up=True)
        else:
            signal.wait(serial, LOOK_AROUND_SECONDS)


def _read(runtime: Runtime, cursor: str) -> list[pb.IdentityEvent]:
    with runtime.database.transaction() as unit:
        return [
            _message(event) for event in repository.identity_events(unit.session, cursor, BATCH)
        ]


def _message(event: IdentityEvent) -> pb.IdentityEvent:
    cursor = str(event.event_id)
    if event.session_id is not None:
        return pb.IdentityEvent(cursor=cursor, session_ended=str(event.session_id))
    changed = pb.IdentityEvent.RolesChanged(
        user_id=str(event.account_id), version=event.account_version or 0
    )
    return pb.IdentityEvent(cursor=cursor, roles_changed=changed)
