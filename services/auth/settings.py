"""What auth is told from outside."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from services.kit.process.settings import OwnSettings


class AuthSettings(OwnSettings):
    """The settings of auth."""

    sms_countries: str = Field(
        "US", description="ISO 3166-1 codes of the countries that SMS are sent to, by commas"
    )
    token_key_file: Path | None = Field(None, description="P-256 key that signs tokens, PEM")

    @property
    def countries(self) -> frozenset[str]:
        """The countries that SMS are sent to; ValueError where one is none."""
        codes = frozenset(filter(None, map(str.strip, self.sms_countries.upper().split(","))))
        if wrong := sorted(code for code in codes if not (code.isalpha() and len(code) == 2)):  # noqa: PLR2004
            raise ValueError(f"STELLR_SMS_COUNTRIES: {', '.join(wrong)} is no country code")
        return codes
