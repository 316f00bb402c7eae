"""A servicer in the test's own process, on a database of the test's own, in the stack's mesh."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc_testing
import pytest

from services.kit.data.database import Database
from services.kit.process.runtime import Runtime
from services.kit.process.service import Service
from services.kit.process.settings import Settings
from tests.support import Stack


def runtime_of(
    service: Service, stack: Stack, database: Database, monkeypatch: pytest.MonkeyPatch
) -> Runtime:
    """The runtime of a service that calls the stack's others with its own identity."""
    for name in (*service.calls, *service.follows, "auth"):
        monkeypatch.setenv(f"STELLR_TARGET_{name.upper()}", stack.target(name))
    keys = stack.state / "keys"
    settings = Settings(
        database_url=database.url,
        state=stack.state,
        key_file=keys / f"{service.name}.pem",
        mesh_keys_file=keys / "mesh.json",
        secret_file=keys / "secret",
    )
    return service.runtime(settings)


class _InTransaction:
    """A servicer whose methods run in a transaction, as the chain of interceptors lets them."""

    def __init__(self, servicer: object, database: Database) -> None:
        self._servicer = servicer
        self._database = database

    def __getattr__(self, name: str) -> Callable[[Any, Any], Any]:
        method = getattr(self._servicer, name)

        def run(request: Any, context: Any) -> Any:
            with self._database.transaction():
                return method(request, context)

        return run


def invoke(service: Any, servicer: object, database: Database, method: str, request: Any) -> Any:
    """Call one method of a servicer; (reply, trailing metadata, code, details)."""
    server = grpc_testing.server_from_dictionary(
        {service: _InTransaction(servicer, database)}, grpc_testing.strict_real_time()
    )
    called = service.methods_by_name[method]
    return server.invoke_unary_unary(called, (), request, None).termination()
