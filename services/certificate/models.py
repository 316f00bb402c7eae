"""The tables of certificate."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.kit.data.tables import Base, new_id


class CertificateBase(Base):
    """Base of certificate's tables."""

    __abstract__ = True
    metadata = sa.MetaData()


class Certificate(CertificateBase):
    """That a learner completed a course. Name and title stay as they were when it was issued.

    One that was issued anew, as under another name, is replaced by a row of its own.

    Of a learner who was erased it keeps neither id nor name nor where they lived.
    """

    __tablename__ = "certificates"
    __table_args__ = (
        sa.Index(
            "certificates_current",
            "user_id",
            "course_id",
            unique=True,
            postgresql_where=sa.text("replaced_at IS NULL"),
        ),
        sa.Index(
            "certificates_invalid",
            "status_number",
            postgresql_where=sa.text("revoked_at IS NOT NULL OR replaced_at IS NOT NULL"),
        ),
    )
    certificate_id: Mapped[UUID] = new_id()
    user_id: Mapped[UUID | None]
    course_id: Mapped[UUID]
    serial: Mapped[str] = mapped_column(unique=True)
    learner_name: Mapped[str]
    course_title: Mapped[str]
    issued_at: Mapped[datetime]
    issue_day: Mapped[date]
    timezone: Mapped[str]
    revoked_at: Mapped[datetime | None]
    revoke_reason: Mapped[str] = mapped_column(server_default="")
    replaced_at: Mapped[datetime | None]
    replaces: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("certificates.certificate_id"), unique=True
    )
    status_number: Mapped[int] = mapped_column(
        sa.BigInteger, unique=True, server_default=sa.text("scattered(nextval('status_numbers'))")
    )


class Document(CertificateBase):
    """The PDF of a certificate, rendered once by some version of the renderer.

    It lies here, or in the object store under its digest.
    """

    __tablename__ = "certificate_documents"
    __table_args__ = (sa.Index("certificate_documents_digest", "digest"),)
    certificate_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey(Certificate.certificate_id, ondelete="CASCADE"), primary_key=True
    )
    renderer: Mapped[int]
    pdf: Mapped[bytes | None]
    digest: Mapped[str | None]


class UnnamedObject(CertificateBase):
    """A PDF in the object store that no document names: not yet, or no longer.

    It is written here before it is in the store, so that none is forgotten there.
    """

    __tablename__ = "unnamed_objects"
    __table_args__ = (sa.Index("unnamed_objects_delete_at", "delete_at"),)
    digest: Mapped[str] = mapped_column(primary_key=True)
    delete_at: Mapped[datetime]


class SigningKey(CertificateBase):
    """A key that certificates are, or were, signed with: its private part is sealed.

    `public` is the public key, or the X.509 certificate of a key that signs documents, as DER. What
    is not published yet signs nothing.
    """

    __tablename__ = "signing_keys"
    key_id: Mapped[str] = mapped_column(primary_key=True)
    purpose: Mapped[str]
    public: Mapped[bytes]
    sealed: Mapped[bytes]
    published: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(server_default=sa.text("clock_timestamp()"))
