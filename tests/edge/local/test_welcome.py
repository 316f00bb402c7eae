from pathlib import Path

import pytest

from edge.demo_learner import DemoLogin
from edge.local.state import DEFAULT_STATE, State
from edge.local.welcome import Welcome, lines

LOGIN = DemoLogin("learner@stellr.example", "a password")


@pytest.mark.parametrize(
    ("has_outbox", "is_alone", "mailbox"),
    [
        (True, True, "http://127.0.0.1:8081/mailbox"),
        (True, False, ".venv/bin/stellr mails --state"),
        (False, True, "none: mails leave by the mail server"),
    ],
)
def test_it_tells_where_everything_is(
    monkeypatch: pytest.MonkeyPatch, has_outbox: bool, is_alone: bool, mailbox: str
) -> None:
    monkeypatch.setattr("sys.argv", [".venv/bin/stellr", "up"])
    told = Welcome(
        url="http://127.0.0.1:8080",
        operations_url="http://127.0.0.1:8081",
        state=State(Path("/my state")),
        has_outbox=has_outbox,
        is_alone=is_alone,
        login=LOGIN,
    )
    found = dict(lines(told))
    assert found["mailbox"].startswith(mailbox)
    assert found["API"] == "http://127.0.0.1:8080/docs"
    assert found["metrics"] == "http://127.0.0.1:8081/metrics"
    assert "/my state/logs" in found["logs"]
    assert ("demo login" in found) is has_outbox
    assert ("stellr journey" in found["to try"]) is has_outbox
    assert found["to stop"].endswith("bin/stellr stop --state '/my state'")


def test_the_usual_state_is_not_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    program = tmp_path / "stellr"
    program.touch(mode=0o700)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.argv", [str(program), "up"])
    state = State(Path(DEFAULT_STATE).absolute())
    told = Welcome("http://a", "http://b", state, has_outbox=True, is_alone=True, login=None)
    assert dict(lines(told))["to stop"] == "Ctrl-C here, or stellr stop"
