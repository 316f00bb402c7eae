from pathlib import Path

import pytest

from edge.demo_learner import DemoLogin
from edge.local.welcome import Welcome, lines

LOGIN = DemoLogin("learner@stellr.example", "a password")


@pytest.mark.parametrize(
    ("has_outbox", "is_alone", "mailbox"),
    [
        (True, True, "http://127.0.0.1:8081/mailbox"),
        (True, False, "stellr mails"),
        (False, True, "none: mails leave by the mail server"),
    ],
)
def test_it_tells_where_everything_is(has_outbox: bool, is_alone: bool, mailbox: str) -> None:
    told = Welcome(
        url="http://127.0.0.1:8080",
        operations_url="http://127.0.0.1:8081",
        logs=Path("/state/logs"),
        has_outbox=has_outbox,
        is_alone=is_alone,
        login=LOGIN,
    )
    found = dict(lines(told))
    assert found["mailbox"].startswith(mailbox)
    assert found["API"] == "http://127.0.0.1:8080/docs"
    assert found["metrics"] == "http://127.0.0.1:8081/metrics"
    assert "/state/logs" in found["logs"]
    assert ("demo login" in found) is has_outbox
    assert "stellr stop" in found["to stop"]
