"""Processes of the course service on a database of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from services.course.service import SERVICE
from services.kit.data.database import Database
from services.kit.process.settings import Settings
from tests.services.course.course_process import Process, Statements


@pytest.fixture
def start(
    database_of: Callable[[str], Database], tmp_path: Path
) -> Iterator[Callable[[], Process]]:
    """Starts processes of the course service, all on one empty database."""
    with starting(database_of("course"), tmp_path) as make:
        yield make


@pytest.fixture(scope="module")
def lasting_process(
    lasting_database_of: Callable[[str], Database], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Process]:
    """One process of the course service for the tests of a file, which only read."""
    with starting(lasting_database_of("course"), tmp_path_factory.mktemp("course")) as make:
        yield make()


@contextmanager
def starting(database: Database, folder: Path) -> Iterator[Callable[[], Process]]:
    """Starts processes of the course service on a database, and stops them."""
    running: list[Process] = []
    key, secret = folder / "key.pem", folder / "secret"
    private = ec.generate_private_key(ec.SECP256R1())
    key.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    secret.write_text("c2VjcmV0" * 8)

    def make() -> Process:
        settings = Settings(
            database_url=database.url, pool_size=18, key_file=key, secret_file=secret
        )
        running.append(Process(SERVICE.runtime(settings)))
        return running[-1]

    try:
        yield make
    finally:
        for process in running:
            process.stop()


@pytest.fixture
def process(start: Callable[[], Process]) -> Process:
    """One process of the course service."""
    return start()


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> Statements:
    """Counts what the test asks of databases."""
    counter = Statements()
    counter.watch(monkeypatch)
    return counter
