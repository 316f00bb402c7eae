"""Tries events again that were set aside, when an operator wants it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog

from services.kit.data.database import Database
from services.kit.events import set_aside
from services.kit.events.consumer import Consumer
from services.kit.events.set_aside import Wanted
from services.kit.metrics import Metrics
from services.kit.work.failures import describe
from services.kit.work.retries import passes

log = structlog.get_logger("stellr.events")
LOOK_SECONDS = 5.0


class Retrying:
    """Looks for events that are wanted again; `run` is for the supervisor."""

    def __init__(self, consumers: Sequence[Consumer], database: Database, metrics: Metrics) -> None:
        self._consumers = {consumer.kind: consumer for consumer in consumers}
        self._database = database
        self._metrics = metrics

    async def run(self) -> None:
        """Look and try for ever."""
        while True:
            while await asyncio.to_thread(self.retry_one):
                pass
            await asyncio.sleep(LOOK_SECONDS)

    def retry_one(self) -> bool:
        """Try one of them; whether there may be another."""
        wanted = None
        try:
            with self._database.transaction():
                wanted = set_aside.take(self._database, list(self._consumers))
                if wanted is None:
                    return False
                self._deal_with(wanted)
        except Exception as error:
            if wanted is None:
                raise
            return self._fail(wanted, error)
        self._metrics.event(wanted.kind, "ok")
        log.info("event", kind=wanted.kind, request_id=wanted.request_id, outcome="ok")
        return True

    def _deal_with(self, wanted: Wanted) -> None:
        consumer = self._consumers[wanted.kind]
        with consumer.called(wanted.request_id):
            consumer.deal_with(wanted.payload)
        set_aside.drop(self._database, wanted.failure_id)

    def _fail(self, wanted: Wanted, error: Exception) -> bool:
        self._metrics.event(wanted.kind, "failed")
        log.warning(
            "event failed again",
            kind=wanted.kind,
            request_id=wanted.request_id,
            error=describe(error),
        )
        if passes(error):
            return False
        set_aside.fail(self._database, wanted.failure_id, describe(error))
        return True
