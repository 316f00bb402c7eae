from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge.assistants.connecting import how_to_connect
from edge.cli.mcp import mcp
from tests.support import Learner, Stack

URL = "https://academy.example"


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Result]:
    """Runs `stellr mcp` in a home of its own."""
    own = {"HOME": str(tmp_path), "STELLR_TOKEN": "", "STELLR_URL": ""}
    return lambda *arguments, **options: CliRunner().invoke(mcp, arguments, env=own, **options)


def test_what_is_printed_starts_the_server() -> None:
    told = how_to_connect(URL, "/opt/the stellr/stellr", "")
    start = told.index('{\n    "mcpServers"')
    settings, _ = json.JSONDecoder().raw_decode(told[start:])
    assert settings["mcpServers"]["stellr"] == {
        "command": "/opt/the stellr/stellr",
        "args": ["mcp", "serve", "--url", URL],
    }
    quoted = f"'/opt/the stellr/stellr' mcp serve --url {URL}"
    assert f"claude mcp add stellr -- {quoted}\n" in told
    assert f"'/opt/the stellr/stellr' mcp login --url {URL}\n" in told
    assert "Nobody is signed in." in told


def test_a_learner_signs_in_and_out(
    run: Callable[..., Result], stack: Stack, learner: Callable[..., Learner]
) -> None:
    somebody = learner(name="Ann Example")
    typed = f"{somebody.email}\n{somebody.password}\n"
    signed_in = run("login", "--url", stack.url, input=typed)
    assert signed_in.exit_code == 0
    assert f"reach {stack.url} as Ann Example." in signed_in.output
    assert somebody.password not in signed_in.output
    assert "You are signed in as Ann Example." in run("--url", stack.url).output
    assert run("login", "--url", stack.url, input=typed).exit_code == 0
    assert len(somebody.get("/sessions").json()["sessions"]) == 2
    assert run("logout", "--url", stack.url).output == f"Signed out of {stack.url}.\n"
    assert run("logout", "--url", stack.url).output == "Nobody is signed in.\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--url", URL, "login"), "--url comes after login."),
        (("login", "--url", "http://academy.example"), "is not https"),
        (("serve", "--url", "nowhere"), "nowhere is no URL of an academy"),
    ],
)
def test_what_is_wrong_is_told(
    run: Callable[..., Result], arguments: tuple[str, ...], said: str
) -> None:
    told = run(*arguments)
    assert told.exit_code != 0
    assert said in told.output


def test_without_an_academy_that_is_told(run: Callable[..., Result], tmp_path: Path) -> None:
    told = run("--state", str(tmp_path / "none"))
    assert told.exit_code == 1
    assert "Stellr is not running on" in told.output
