"""A consumer that hangs in the midst of its first event: `... dying_consumer OWNER_URL OWN_URL`."""

from __future__ import annotations

import sys
import time

import sqlalchemy as sa

from services.kit.data.database import Database
from services.kit.events.consumer import on
from services.kit.events.consuming import Consuming
from services.kit.events.hub import Hub
from services.kit.events.own import OwnFeed
from services.kit.metrics import Metrics
from services.kit.work.supervisor import Supervisor
from stellr.auth.v1 import events_pb2


def main() -> None:
    """Deal with events until killed."""
    owner, own = (Database(url, 2) for url in sys.argv[1:])

    def hang(event: events_pb2.PersonErased) -> None:
        note = sa.text("INSERT INTO notes (user_id) VALUES (:user_id)")
        own.session.execute(note, {"user_id": event.user_id})
        print("half done", flush=True)
        time.sleep(60)

    metrics = Metrics("user", "dying")
    supervisor = Supervisor(metrics)
    hub = Hub(owner.url)
    consuming = Consuming(
        on(events_pb2.PersonErased, hang), OwnFeed("auth", hub, owner), own, metrics
    )
    supervisor.add("hub", hub.run)
    supervisor.add("consumer", consuming.run)
    supervisor.start()
    time.sleep(60)


if __name__ == "__main__":
    main()
