"""What auth is told from outside."""

from __future__ import annotations

from pydantic import Field, SecretStr

from services.auth.openid.config import OpenIdConfig
from services.kit.process.settings import OwnSettings

COUNTRY_LETTERS = 2


class AuthSettings(OwnSettings):
    """The settings of auth."""

    sms_countries: str = Field(
        "US", description="ISO 3166-1 codes of the countries that SMS are sent to, by commas"
    )
    openid_issuer: str = Field("https://accounts.google.com", description="the OpenID provider")
    openid_client_id: str = Field("", description="what it knows the academy by; empty: not used")
    openid_client_secret: SecretStr = Field(SecretStr(""), description="what proves that it is us")
    openid_audiences: str = Field("", description="client ids of apps, by commas")
    openid_redirect_uris: str = Field(
        "", description="where people come back to, by commas; empty: the academy's own origin"
    )
    breached_passwords_url: str = Field(
        "", description="range API that the first digits of a SHA-1 are added to; empty: not asked"
    )
    erase_after_days: float = Field(
        30.0, ge=0, description="days for which a deleted account can be restored"
    )
    token_key_days: float = Field(
        30.0, gt=0, description="days after which another key signs access tokens"
    )

    def check(self) -> None:
        """ValueError where a country is none, or the provider's address is not safe."""
        _ = self.countries
        self.openid("")

    @property
    def countries(self) -> frozenset[str]:
        """The countries that SMS are sent to; ValueError where one is none."""
        codes = _listed(self.sms_countries.upper())
        wrong = [code for code in codes if not (code.isalpha() and len(code) == COUNTRY_LETTERS)]
        if wrong:
            raise ValueError(f"STELLR_SMS_COUNTRIES: {', '.join(wrong)} is no country code")
        return codes

    def openid(self, public_url: str) -> OpenIdConfig | None:
        """The OpenID provider, or None where none is set up; ValueError names a bad setting."""
        if not self.openid_client_id:
            return None
        return OpenIdConfig(
            self.openid_issuer,
            self.openid_client_id,
            public_url,
            client_secret=self.openid_client_secret.get_secret_value(),
            audiences=_listed(self.openid_audiences),
            redirect_uris=_listed(self.openid_redirect_uris),
        )


def _listed(text: str) -> frozenset[str]:
    return frozenset(filter(None, map(str.strip, text.split(","))))
