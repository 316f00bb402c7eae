"""The PDFs of certificates, and which of them lie in the object store."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa

from services.certificate.models import Document
from services.kit.data.database import Database
from services.kit.data.statements import Statement, WholeWrite, Write, nothing, scalar


class Kept(NamedTuple):
    """Where a PDF is: here, or in the object store under its digest."""

    pdf: bytes | None
    digest: str | None


_FIND = Statement(
    sa.select(Document.pdf, Document.digest).where(
        Document.certificate_id == sa.bindparam("certificate_id"),
        Document.renderer >= sa.bindparam("renderer"),
    ),
    Kept,
)
_REPLACE = """
    ON CONFLICT (certificate_id) DO UPDATE
    SET renderer = excluded.renderer, pdf = excluded.pdf, digest = excluded.digest
"""
# Not of a learner who was erased, or is being erased: the lock waits for that. What lies in an
# object store gives way: whoever keeps a PDF here has none.
_KEEP_HERE = WholeWrite(
    f"""
    INSERT INTO certificate_documents AS kept (certificate_id, renderer, pdf)
    SELECT certificate_id, :renderer, :pdf FROM certificates
    WHERE certificate_id = :certificate_id AND user_id IS NOT NULL FOR SHARE
    {_REPLACE} WHERE kept.renderer < excluded.renderer OR kept.pdf IS NULL
    """,
    nothing,
)
# Not what is being deleted from the store either, nor was: that has no row any more.
_KEEP_IN_STORE = WholeWrite(
    f"""
    WITH object AS (
        SELECT digest FROM unnamed_objects WHERE digest = :digest FOR UPDATE
    ), named AS (
        INSERT INTO certificate_documents AS kept (certificate_id, renderer, digest)
        SELECT certificate_id, :renderer, object.digest FROM certificates, object
        WHERE certificate_id = :certificate_id AND user_id IS NOT NULL FOR SHARE OF certificates
        {_REPLACE} WHERE kept.renderer < excluded.renderer
        RETURNING digest
    )
    DELETE FROM unnamed_objects USING named WHERE unnamed_objects.digest = named.digest
    """,
    nothing,
)
_EXPECT_OBJECT = WholeWrite(
    """
    INSERT INTO unnamed_objects (digest, delete_at) VALUES (:digest, now() + :time)
    ON CONFLICT (digest) DO UPDATE SET delete_at = excluded.delete_at
    """,
    nothing,
)
_FORGET_OBJECT = WholeWrite(
    """
    DELETE FROM certificate_documents
    WHERE certificate_id = :certificate_id AND digest = :digest
    """,
    nothing,
)
_TAKE_UNNAMED = Write(
    """
    DELETE FROM unnamed_objects WHERE digest = (
        SELECT digest FROM unnamed_objects WHERE delete_at <= now()
        ORDER BY delete_at LIMIT 1 FOR UPDATE SKIP LOCKED
    ) RETURNING digest
    """,
    scalar,
)
_IS_NAMED = Statement(
    "SELECT EXISTS (SELECT FROM certificate_documents WHERE digest = :digest)", scalar
)


def find_document(db: Database, certificate_id: UUID, renderer: int) -> Kept | None:
    """The PDF of a certificate as this version of the renderer, or a later one, made it."""
    return db.first(_FIND, certificate_id=certificate_id, renderer=renderer)


def keep_document(db: Database, certificate_id: UUID, renderer: int, pdf: bytes) -> None:
    """Keep a PDF here, unless one of the same version or a later one is kept here already, or its
    learner was erased."""
    db.run(_KEEP_HERE, certificate_id=certificate_id, renderer=renderer, pdf=pdf)


def expect_object(db: Database, digest: str, time: timedelta) -> None:
    """Have an object that is about to be written deleted after a time, unless it is named."""
    db.run(_EXPECT_OBJECT, digest=digest, time=time)


def name_object(db: Database, certificate_id: UUID, renderer: int, digest: str) -> None:
    """Keep an expected object as a PDF, unless one of the same version or a later one is kept
    already, its learner was erased, or the object is deleted."""
    db.run(_KEEP_IN_STORE, certificate_id=certificate_id, renderer=renderer, digest=digest)


def forget_object(db: Database, certificate_id: UUID, digest: str) -> None:
    """Know no longer of a PDF that the store has lost."""
    db.run(_FORGET_OBJECT, certificate_id=certificate_id, digest=digest)


def take_unnamed_object(db: Database) -> str | None:
    """An object whose time is over. Nobody names it before the end of this transaction, nor after
    it without writing it anew."""
    return db.first(_TAKE_UNNAMED)


def is_named(db: Database, digest: str) -> bool:
    """Whether a PDF that is kept is this object: two processes may have made the same bytes."""
    named: bool = db.one(_IS_NAMED, digest=digest)
    return named
