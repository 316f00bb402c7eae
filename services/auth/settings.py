"""What auth is told from outside."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from services.kit.process.settings import OwnSettings


class AuthSettings(OwnSettings):
    """The settings of auth."""

    token_key_file: Path | None = Field(None, description="P-256 key that signs tokens, PEM")
