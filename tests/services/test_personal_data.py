"""Every service that keeps anything says what it keeps of a person."""

from __future__ import annotations

from uuid import uuid4

import pytest

from edge import registry
from services.kit.data.database import Database
from services.kit.process.personal_data_servicer import pieces
from services.kit.process.service import Domain
from tests.services.in_process import runtime_of
from tests.support import Stack

# Not declared yet.
MISSING: set[str] = set()
KEEPING = sorted(name for name, service in registry.load_all().items() if service.database)


def test_these_are_all() -> None:
    assert set(KEEPING) == set(registry.SERVICES) - {"gateway"}
    assert set(KEEPING) > MISSING


@pytest.mark.parametrize("name", KEEPING)
def test_it_is_declared_and_of_nobody_there_is_nothing(
    name: str, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    domain = built(name, stack, monkeypatch)
    assert (domain.personal is None) == (name in MISSING)
    if domain.personal is None:
        return
    nobody = uuid4()
    assert str(nobody).encode() not in b"".join(pieces(domain.personal.export(nobody)))


def built(name: str, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Domain:
    """A service put together as its process does it."""
    service = registry.load(name)
    database = Database(stack.run["databases"][name], 1)
    return service.build(runtime_of(service, stack, database, monkeypatch))
