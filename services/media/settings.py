"""What media is told from outside."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from services.kit.process.settings import OwnSettings

MEBIBYTE = 1024 * 1024


class MediaSettings(OwnSettings):
    """The settings of media."""

    media_quota_mb: int = Field(10_000, ge=1, description="MiB that the files of a course may be")
    media_keep_deleted_hours: float = Field(
        24.0, ge=0, description="hours for which the bytes of what was deleted are kept"
    )

    @property
    def quota_bytes(self) -> int:
        """How many bytes the files of a course may be."""
        return self.media_quota_mb * MEBIBYTE

    @property
    def keep_deleted(self) -> timedelta:
        """For how long the bytes of what was deleted are kept."""
        return timedelta(hours=self.media_keep_deleted_hours)
