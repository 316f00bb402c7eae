"""Who disabled or deleted their account hears of the account alone."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import psycopg
import pytest

from stellr.auth.v1.account_pb2 import AccountState
from stellr.auth.v1.events_pb2 import AccountChanged
from stellr.notification.v1.preferences_pb2 import Digest, QuietHours
from stellr.notification.v1.template_pb2 import AccountDeleted
from tests.services.notification.desk import Desk, MakeDesk
from tests.services.notification.requests import address, card, to_person
from tests.services.notification.test_held import (
    LESSON,
    NEWS,
    READY,
    around,
    prefer,
    release,
    somebody,
)
from tests.support import Learner, Stack, eventually

ACTIVE = AccountState.ACCOUNT_STATE_ACTIVE
DELETED = AccountState.ACCOUNT_STATE_DELETED
NOT_IN_USE = "the account is disabled or deleted"


def tell(here: Desk, user_id: str, state: AccountState.ValueType) -> None:
    with here.database.transaction():
        here.house.messages.follow_state(AccountChanged(user_id=user_id, state=state))


def ends(here: Desk) -> set[tuple[str, str, str, str]]:
    """Each delivery by its template, channel, state and reason."""
    return set(here.query("SELECT template, channel, state, reason FROM deliveries"))


@pytest.mark.parametrize("state", [DELETED, AccountState.ACCOUNT_STATE_DISABLED])
def test_only_the_account_is_heard_of(desk: MakeDesk, state: AccountState.ValueType) -> None:
    here = desk()
    user_id = somebody(here)
    tell(here, user_id, state)
    here.send(to_person(user_id, reminder_lesson=LESSON))
    here.send(to_person(user_id, account_deleted=AccountDeleted()))
    sent = ("account_deleted", "email", "sent", "")
    eventually(lambda: sent in ends(here))
    assert ends(here) - {sent} == {
        ("reminder_lesson", channel, "unsent", NOT_IN_USE)
        for channel in ("email", "push", "in_app")
    }
    assert here.query("SELECT 1 FROM feed_items") == []
    tell(here, user_id, ACTIVE)
    here.send(to_person(user_id, reminder_lesson=LESSON))
    eventually(lambda: ("reminder_lesson", "email", "sent", "") in ends(here))
    assert len(here.query("SELECT 1 FROM feed_items")) == 1


def test_what_waits_is_closed_too(desk: MakeDesk) -> None:
    here = desk()
    quiet, digested, new = somebody(here), somebody(here), str(uuid4())
    prefer(here, quiet, quiet_hours=around())
    prefer(here, digested, digest=Digest.DIGEST_DAILY)
    here.send(to_person(quiet, certificate_ready=READY))
    here.send(to_person(digested, reminder_lesson=LESSON))
    here.send(to_person(new, announcement=NEWS))
    eventually(lambda: sorted(here.states()) == ["held", "held", "waiting"])
    for user_id in (quiet, digested, new):
        tell(here, user_id, DELETED)
    here.set_contact(card(new, email=address()))
    prefer(here, quiet, quiet_hours=QuietHours())
    release(here)
    closed = ("certificate_ready", "reminder_lesson", "digest", "announcement")
    wanted = {(template, "email", "unsent", NOT_IN_USE) for template in closed}
    eventually(lambda: wanted <= ends(here), 10)
    assert set(here.states()) == {"unsent"}


def test_a_deleted_account_is_heard_of(stack: Stack, learner: Callable[..., Learner]) -> None:
    person = learner()
    assert person.delete("/me").status_code == 200
    with psycopg.connect(stack.run["databases"]["notification"], autocommit=True) as connection:
        query = "SELECT active FROM contacts WHERE user_id = %s"
        eventually(lambda: connection.execute(query, (person.user_id,)).fetchone() == (False,), 10)
