"""Where the journey reads what is sent: the mailbox of an academy, or the outbox of a stack."""

from __future__ import annotations

from pathlib import Path

from edge.journey.inbox import Mailbox, Outbox, inbox_of
from tests.support import Stack, Visitor, eventually


def test_the_mailbox_stands_at_the_next_port(stack: Stack, tmp_path: Path) -> None:
    inbox = inbox_of(stack.url, tmp_path)
    assert inbox == Mailbox(stack.operations_url)
    body = {
        "email": "inbox@learner.example",
        "password": "seven quiet owls by the lake",
        "displayName": "In Box",
    }
    assert Visitor(stack).post("/register", body).status_code == 200
    mail = eventually(lambda: inbox.mails_to("inbox@learner.example"))[0]
    assert len(mail.code) == 6
    assert Outbox(stack.state / "outbox").mails_to("inbox@learner.example")[0] == mail
    assert inbox.texted_code("+12025550100") == ""


def test_where_there_is_none_the_outbox_is_read(stack: Stack, tmp_path: Path) -> None:
    own = Outbox(tmp_path / "outbox")
    assert inbox_of(None, tmp_path) == own
    assert inbox_of("http://127.0.0.1:1", tmp_path) == own
    assert inbox_of("https://academy.example", tmp_path) == own
