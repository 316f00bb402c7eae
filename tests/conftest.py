"""The stack is started once for all tests; each test brings its own people."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar
from urllib.parse import urlsplit, urlunsplit

import hypothesis
import psycopg
import pytest
from hypothesis.configuration import set_hypothesis_home_dir

from edge import registry
from services.kit.data import migrate
from services.kit.data.database import Database
from services.kit.rpc.clients import MeshChannel
from tests import support
from tests.support import DEMO, Learner, Stack, Visitor

SHARED = "stack"
# Properties are tried anew in each run, on a machine that may be busy; nothing is kept of it.
_HYPOTHESIS = TemporaryDirectory(prefix="stellr-hypothesis-")
set_hypothesis_home_dir(_HYPOTHESIS.name)
hypothesis.settings.register_profile("stellr", database=None, deadline=None, max_examples=30)
hypothesis.settings.load_profile("stellr")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """With several test processes (pytest-xdist) the one that directs them starts the stack."""
    config = node.config
    if not hasattr(config, "stellr"):
        config.stellr = ExitStack()
        config.stellr_stack = config.stellr.enter_context(support.started())
    node.workerinput[SHARED] = (str(config.stellr_stack.state), config.stellr_stack.port)


# They start stacks of their own and take longest, so none of them may come last and by itself.
LONG = ("tests/faults/", "tests/edge/", "tests/journey/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long comes first."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Stop what `pytest_configure_node` started."""
    if hasattr(session.config, "stellr"):
        session.config.stellr.close()


@pytest.fixture(scope="session")
def stack(request: pytest.FixtureRequest) -> Iterator[Stack]:
    """The stack that all tests share."""
    shared = getattr(request.config, "workerinput", {}).get(SHARED)
    if shared:
        state, port = shared
        yield Stack(Path(state), port)
        return
    with support.started() as running:
        yield running


@pytest.fixture(scope="session")
def course(stack: Stack) -> dict[str, Any]:
    """The demo course, as anyone sees it."""
    answer = Visitor(stack).get(f"/courses/{DEMO}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture(scope="session")
def lessons(course: dict[str, Any]) -> list[dict[str, Any]]:
    """The lessons of the demo course, in order."""
    return [lesson for section in course["sections"] for lesson in section["lessons"]]


@pytest.fixture
def visitor(stack: Stack) -> Visitor:
    """Somebody who is not signed in."""
    return Visitor(stack)


@pytest.fixture
def learner(stack: Stack) -> Callable[..., Learner]:
    """Makes new learners."""
    return lambda **values: support.register(stack, **values)


@pytest.fixture
def enrolled(stack: Stack, course: dict[str, Any]) -> Callable[..., Learner]:
    """Makes new learners who are enrolled in the demo course."""

    def make(**values: str) -> Learner:
        somebody = support.register(stack, **values)
        answer = somebody.post(f"/courses/{course['courseId']}/enroll")
        assert answer.status_code == 200, answer.text
        return somebody

    return make


@pytest.fixture
def mesh(stack: Stack) -> Iterator[Callable[[str, str], MeshChannel]]:
    """Opens channels: mesh("certificate", "user") is certificate calling user."""
    with ExitStack() as channels:
        yield lambda caller, target: channels.enter_context(stack.mesh(caller, target))


@pytest.fixture(scope="session")
def eventually() -> Callable[..., Any]:
    """Waits for what comes by itself."""
    return support.eventually


@pytest.fixture
def database_of(stack: Stack) -> Iterator[Callable[[str], Database]]:
    """Makes an empty, migrated database of a domain on the suite's PostgreSQL."""
    with ExitStack() as databases:
        yield lambda name: databases.enter_context(_Scratch(stack, name)).database


@pytest.fixture(scope="module")
def lasting_database_of(stack: Stack) -> Iterator[Callable[[str], Database]]:
    """The same for tests that only read: it is there until the last one of a file."""
    with ExitStack() as databases:
        yield lambda name: databases.enter_context(_Scratch(stack, name)).database


class _Scratch:
    """A database for one test: a copy of one that was migrated for all tests of this process."""

    _templates: ClassVar[dict[tuple[str, str], str]] = {}

    def __init__(self, stack: Stack, service: str) -> None:
        self._like: str = stack.run["databases"][service]
        self._name = f"scratch_{service}_{secrets.token_hex(4)}"
        self.url = self._url(self._name)
        template = self._template(service)
        self._execute(f'CREATE DATABASE "{self._name}" TEMPLATE "{template}" STRATEGY wal_log')
        self.database = Database(self.url, 5)

    def _template(self, service: str) -> str:
        key = (self._like, service)
        if key not in self._templates:
            name = f"template_{service}_{secrets.token_hex(4)}"
            self._execute(f'CREATE DATABASE "{name}" STRATEGY wal_log')
            migrate.upgrade(str(registry.load(service).migrations), self._url(name))
            self._templates[key] = name
        return self._templates[key]

    def _url(self, name: str) -> str:
        return urlunsplit(urlsplit(self._like)._replace(path=f"/{name}"))

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self._like, autocommit=True) as connection:
            connection.execute(statement.encode())

    def __enter__(self) -> _Scratch:
        return self

    def __exit__(self, *_: object) -> None:
        self.database.close()
        self._execute(f'DROP DATABASE "{self._name}" WITH (FORCE)')
