"""Columns and types that the tables of all domains share."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

import sqlalchemy as sa
from google.protobuf.timestamp_pb2 import Timestamp
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """Declares tables; every domain derives its own, so that each has a metadata of its own."""

    __abstract__ = True
    type_annotation_map: ClassVar = {datetime: TIMESTAMP(timezone=True), str: sa.Text}


class Timestamps:
    """When a row was made and last changed."""

    created_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    updated_at: Mapped[datetime] = mapped_column(
        server_default=sa.func.now(), onupdate=sa.func.now()
    )


def new_id() -> Mapped[UUID]:
    """A primary key: UUIDv7, made by PostgreSQL, so that keys grow with time (RFC 9562)."""
    return mapped_column(primary_key=True, server_default=sa.text("uuidv7()"))


def timestamp(time: datetime | None) -> Timestamp | None:
    """The time as a message field; None stays absent."""
    if time is None:
        return None
    stamp = Timestamp()
    stamp.FromDatetime(time)
    return stamp


def as_uuid(text: str) -> UUID | None:
    """The id in the text, or None where it is none: what has no such id does not exist."""
    try:
        return UUID(text)
    except ValueError:
        return None
