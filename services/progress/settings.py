"""What progress is told from outside."""

from __future__ import annotations

from pydantic import Field

from services.kit.process.settings import OwnSettings


class ProgressSettings(OwnSettings):
    """The settings of progress."""

    reminder_days: float = Field(
        7.0, ge=0, description="days without a step after which a learner is reminded; 0: never"
    )
