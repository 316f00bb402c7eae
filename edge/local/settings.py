"""What the launcher is told from outside."""

from __future__ import annotations

from pydantic import Field, field_validator

from edge.local.ports import DEFAULT_PORT, HOST, read_host
from services.kit.process.settings import OwnSettings


class LauncherSettings(OwnSettings):
    """The settings of `stellr up`."""

    port: int = Field(
        DEFAULT_PORT, ge=1, le=65534, description="the public port; the operations port is the next"
    )
    host: str = Field(
        HOST,
        description="IPv4 address that the public port is bound to; 0.0.0.0: open to the network",
    )
    workers: int = Field(1, ge=1, le=32, description="processes of each service")
    demo_learner: bool = Field(
        True, description="make a demo learner at the first start; never with a mail server"
    )

    @field_validator("host")
    @classmethod
    def _address(cls, value: str) -> str:
        return read_host(value)
