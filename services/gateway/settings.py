"""What the gateway is told from outside."""

from __future__ import annotations

from pydantic import Field

from services.kit.process.settings import OwnSettings


class GatewaySettings(OwnSettings):
    """The settings of the gateway."""

    envoy_admin: str = Field("", description="URL of Envoy's admin, for its metrics")
    smtp_url: str = Field("", repr=False, description="as of notification; empty: the outbox")
