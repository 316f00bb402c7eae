"""Objects come into the store and leave it: each is written down before it is stored, and deleted
only while nobody can name it."""

from __future__ import annotations

from datetime import timedelta

import structlog

from services.kit.data.database import Database
from services.kit.data.objects.store import Incoming, ObjectStore, Stored
from services.kit.errors import StorageUnavailable
from services.media.repository import objects

log = structlog.get_logger("stellr.media")

# Much longer than it takes to store what has come, and to name it.
STORING = timedelta(minutes=10)
PREFIXES = tuple(f"{number:02x}" for number in range(256))


class Shelf:
    """Keeps the bytes of media. `keep_deleted` is for how long after nothing names them."""

    def __init__(self, database: Database, store: ObjectStore, keep_deleted: timedelta) -> None:
        self._database = database
        self._store = store
        self._keep_deleted = keep_deleted
        self._audited = 0

    def put(self, incoming: Incoming, mime_type: str) -> Stored:
        """Keep what has come. Whoever names it has some minutes for that."""
        stored = incoming.stored
        known_since = objects.expect_object(self._database, stored, mime_type, STORING)
        incoming.keep()
        if not objects.object_arrived(self._database, stored.digest, known_since):
            raise StorageUnavailable
        return stored

    def sweep(self) -> bool:
        """Delete an object that nothing names for long enough; whether there may be more.

        Within a transaction, to whose end its row is locked. The same bytes that come at this
        moment wait for that, and are then stored anew.
        """
        digest = objects.take_unnamed_object(self._database, self._keep_deleted)
        if digest is None:
            return False
        if objects.is_named(self._database, digest):
            objects.object_is_named(self._database, digest)
        else:
            objects.forget_object(self._database, digest)
            self._store.delete(digest)
        return True

    def audit(self) -> bool:
        """Compare a part of the store with the database; whether there is more.

        What nothing knows of is noted, and so deleted like what lost its name; what is missing is
        told in the log. After a crash, or when a backup came back.
        """
        prefix = PREFIXES[self._audited]
        known = objects.list_digests(self._database, prefix, expected=False)
        kept = {each.digest: each for each in self._store.listed(prefix)}
        expected = objects.list_digests(self._database, prefix, expected=True)
        for digest in kept.keys() - expected:
            log.warning("unknown object", digest=digest)
            objects.adopt_object(self._database, kept[digest])
        for digest in known & expected - kept.keys():
            log.error("object is missing", digest=digest)
        self._audited = (self._audited + 1) % len(PREFIXES)
        return self._audited > 0
