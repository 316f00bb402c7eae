"""One request, one transaction, committed before the answer leaves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import grpc

from services.kit.call import Call
from services.kit.errors import DomainError
from services.kit.rpc.interceptors.base import Bracket


class Transaction(Bracket):
    """Around idempotency, whose keys live and die with what the request wrote."""

    @contextmanager
    def around(self, call: Call, method_name: str, context: grpc.ServicerContext) -> Iterator[None]:
        """Commit at the end; after a refusal only where it says that what was written stays."""
        with self.runtime.database.transaction() as unit:
            try:
                yield
            except DomainError as error:
                if error.commit:
                    unit.commit()
                raise
