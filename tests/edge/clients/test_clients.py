"""The typed clients: made from the document, and used as their users would."""

from __future__ import annotations

import importlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.clients import making
from edge.openapi.publishing import openapi
from tests.support import DEMO, Learner, Stack

WALK = Path(__file__).with_name("walk.ts")
needs_node = pytest.mark.skipif(
    not (shutil.which("node") and making.MODULES.is_dir()),
    reason="Node or its packages are not here: make node",
)


@pytest.fixture(scope="module", name="document")
def _document(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("document") / "openapi.json"
    path.write_text(json.dumps(openapi()))
    return path


@pytest.fixture(name="generated")
def _generated(document: Path, tmp_path: Path) -> Iterator[Callable[[str], Any]]:
    """Imports modules of the Python client, as if it were installed."""
    making.make_python(document, tmp_path / "python")
    sys.path.insert(0, str(tmp_path / "python"))
    yield importlib.import_module
    sys.path.remove(str(tmp_path / "python"))
    for name in [each for each in sys.modules if each.startswith("stellr_client")]:
        del sys.modules[name]


def test_the_python_client(
    stack: Stack, learner: Callable[..., Learner], generated: Callable[[str], Any]
) -> None:
    person = learner()
    client = generated("stellr_client")
    models = generated("stellr_client.models")

    def call(module: str) -> Any:
        return generated(f"stellr_client.api.{module}").sync

    anyone = client.Client(base_url=stack.url)
    courses = call("course.list_courses")(client=anyone, page_size=5)
    assert courses.courses[0].slug
    refused = call("course.get_course")("no-such-course", client=anyone)
    assert isinstance(refused, models.Error)
    assert refused.details[0].reason == "COURSE_NOT_FOUND"
    body = models.LoginBody(email=person.email, password=person.password)
    session = call("auth.login")(client=anyone, body=body)
    own = client.AuthenticatedClient(base_url=stack.url, token=session.access_token)
    assert call("user.get_profile")(client=own).email == person.email
    enrolled = call("course.enroll_course")(DEMO, client=own, body=models.EnrollCourseBody())
    assert enrolled.state == "STATE_ACTIVE"


@needs_node
def test_the_typescript_client(
    stack: Stack, learner: Callable[..., Learner], document: Path, tmp_path: Path
) -> None:
    person = learner()
    making.make_typescript(document, tmp_path)
    shutil.copy(WALK, tmp_path)
    making.compile_typescript(tmp_path)
    done = subprocess.run(
        ["node", tmp_path / "walk.js", stack.url, person.email, person.password, DEMO],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        f"course {DEMO}",
        "refused 401 SIGN_IN_REQUIRED",
        f"profile {person.email}",
        "state STATE_ACTIVE",
    ]
