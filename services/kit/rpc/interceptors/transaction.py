"""One request, one transaction, committed before the answer leaves."""

from __future__ import annotations

from typing import Any

from services.kit.data.database import Database
from services.kit.errors import DomainError
from services.kit.rpc.interceptors.base import Method
from services.kit.rpc.policy import MethodPolicy


class Transaction:
    """Around idempotency, whose keys live and die with what the request wrote."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def bind(self, proceed: Method, rpc: MethodPolicy) -> Method:
        """Commit at the end; after a refusal only where it says that what was written stays.

        What only reads has no transaction.
        """
        if rpc.reads_only or rpc.streams_reply:
            return proceed
        transaction = self._database.transaction

        def in_transaction(request: Any, context: Any) -> Any:
            with transaction() as unit:
                try:
                    return proceed(request, context)
                except DomainError as error:
                    if error.commit:
                        unit.commit()
                    raise

        return in_transaction
