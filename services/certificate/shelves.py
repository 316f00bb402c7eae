"""Where the PDFs of certificates are kept: in the database, or in an object store."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol
from uuid import UUID

from services.certificate.repository import documents as repository
from services.kit.data.database import Database
from services.kit.data.objects.store import ObjectStore, digest_of

# Much longer than an upload lasts: what nobody named by then is of a process that died.
UPLOAD_TIME = timedelta(minutes=10)


class Shelf(Protocol):
    """Keeps one PDF of each certificate."""

    def find(self, certificate_id: UUID, renderer: int) -> bytes | None:
        """The PDF as this version of the renderer, or a later one, made it."""

    def keep(self, certificate_id: UUID, renderer: int, pdf: bytes) -> None:
        """Keep a PDF, unless one of the same version or a later one is kept already, or its learner
        was erased."""


class DatabaseShelf:
    """Keeps them in the database. One that is in an object store is as good as none."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, certificate_id: UUID, renderer: int) -> bytes | None:
        """As Shelf.find."""
        kept = repository.find_document(self._database, certificate_id, renderer)
        return kept.pdf if kept else None

    def keep(self, certificate_id: UUID, renderer: int, pdf: bytes) -> None:
        """As Shelf.keep."""
        repository.keep_document(self._database, certificate_id, renderer, pdf)


class StoreShelf:
    """Keeps them in an object store. Those that were in the database before stay there."""

    def __init__(self, database: Database, store: ObjectStore) -> None:
        self._database = database
        self._store = store

    def find(self, certificate_id: UUID, renderer: int) -> bytes | None:
        """As Shelf.find. What the store has lost is not kept."""
        kept = repository.find_document(self._database, certificate_id, renderer)
        if kept is None or kept.digest is None:
            return kept.pdf if kept else None
        try:
            with self._store.open(kept.digest) as file:
                return file.read()
        except FileNotFoundError:
            repository.forget_object(self._database, certificate_id, kept.digest)
            return None

    def keep(self, certificate_id: UUID, renderer: int, pdf: bytes) -> None:
        """As Shelf.keep. What is in the store and not kept is deleted by `sweep`."""
        digest = digest_of(pdf)
        repository.expect_object(self._database, digest, UPLOAD_TIME)
        self._store.write([pdf])
        repository.name_object(self._database, certificate_id, renderer, digest)

    def sweep(self) -> bool:
        """Delete an object that no certificate has; whether there may be more."""
        digest = repository.take_unnamed_object(self._database)
        if digest is None:
            return False
        if not repository.is_named(self._database, digest):
            self._store.delete(digest)
        return True
