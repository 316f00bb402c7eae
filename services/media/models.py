"""The tables of media."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.kit.data.tables import Base, new_id


class MediaBase(Base):
    """Base of media's tables."""

    __abstract__ = True
    metadata = sa.MetaData()


class StoredObject(MediaBase):
    """Bytes in the object store, by their SHA-256 (lower case hex)."""

    __tablename__ = "objects"
    digest: Mapped[str] = mapped_column(primary_key=True)
    size_bytes: Mapped[int] = mapped_column(sa.BigInteger)
    mime_type: Mapped[str]
    # Whether it is there, or expected.
    stored: Mapped[bool] = mapped_column(server_default=sa.false())
    # Since when perhaps no medium has it; None: one has.
    unnamed_at: Mapped[datetime | None] = mapped_column(server_default=sa.func.now())
    created_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())


class Media(MediaBase):
    """A medium of a lesson: a video at a provider has a `url`, all else a `digest`.

    Videos and PDFs are listed by `position` from 0, the captions of the video `video_id` by theirs;
    a caption's `title` is its label, `language` a BCP 47 tag. An attachment's `title` is the file's
    name.
    """

    __tablename__ = "media"
    media_id: Mapped[UUID] = new_id()
    lesson_id: Mapped[UUID]
    # None of what was there before courses were noted.
    course_id: Mapped[UUID | None] = mapped_column(index=True)
    kind: Mapped[str]
    position: Mapped[int]
    title: Mapped[str]
    url: Mapped[str | None]
    digest: Mapped[str | None] = mapped_column(sa.ForeignKey("objects.digest"), index=True)
    duration_seconds: Mapped[int | None]
    language: Mapped[str | None]
    video_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("media.media_id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())

    __table_args__ = (
        sa.Index("media_of_a_lesson", "lesson_id", "position"),
        sa.Index(
            "attachments_once",
            *("lesson_id", "digest", "title"),
            unique=True,
            postgresql_where=sa.text("kind = 'attachment'"),
        ),
        sa.Index(
            "captions_once",
            "video_id",
            sa.text("lower(language)"),
            unique=True,
            postgresql_where=sa.text("kind = 'caption'"),
        ),
    )
