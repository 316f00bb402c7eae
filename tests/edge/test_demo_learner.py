from pathlib import Path

import httpx
import pytest

from edge import demo_learner
from edge.demo_learner import DemoLogin
from edge.local.state import open_state
from tests.support import Stack


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, True),
        ({"STELLR_DEMO_LEARNER": "off"}, False),
        ({"STELLR_SMTP_URL": "smtp://mail.example"}, False),
    ],
)
def test_it_is_made_where_mails_go_to_files(environ: dict[str, str], expected: bool) -> None:
    assert demo_learner.is_wanted(environ) is expected


def test_what_it_signs_in_with_is_for_the_owner_of_the_state(stack: Stack, tmp_path: Path) -> None:
    # The mail of the stack that is there already; the login is kept in a state of its own.
    state = open_state(tmp_path / "state")
    (state.root / "outbox").symlink_to(stack.state / "outbox")
    assert demo_learner.known(state) is None
    demo_learner.make(state.root, stack.url)
    login = demo_learner.known(state)
    assert isinstance(login, DemoLogin)
    assert state.demo_login.stat().st_mode & 0o777 == 0o600
    body = {"email": login.email, "password": login.password}
    session = httpx.post(f"{stack.url}/login", json=body).json()
    assert session["user"]["roles"] == ["learner"]
