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

    Of a learner who was erased it keeps neither id nor name nor where they lived.
    """

    __tablename__ = "certificates"
    __table_args__ = (sa.UniqueConstraint("user_id", "course_id"),)
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


class Document(CertificateBase):
    """The PDF of a certificate, rendered once by some version of the renderer."""

    __tablename__ = "certificate_documents"
    certificate_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey(Certificate.certificate_id, ondelete="CASCADE"), primary_key=True
    )
    renderer: Mapped[int]
    pdf: Mapped[bytes]
