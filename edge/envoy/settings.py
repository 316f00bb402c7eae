"""What is set of the public door from outside: STELLR_... in the environment or a .env file."""

from __future__ import annotations

import re
import ssl
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, field_validator, model_validator
from pydantic_settings import NoDecode

from services.kit.process.settings import ReadableFile, TraceSettings, read_settings

ANY_ORIGIN = "*"
_ORIGIN = re.compile(r"https?://(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:([0-9]{1,5}|\*))?", re.ASCII)


class DoorSettings(TraceSettings):
    """The settings of the public door."""

    envoy: ReadableFile | None = Field(
        None, description="configuration of the public door in place of envoy.yaml"
    )
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        ("http://localhost:*", "http://127.0.0.1:*"),
        description="whose pages may call, by commas; * for any port, host below a domain, or all",
    )
    cors_credentials: bool = Field(False, description="cookies and the like may come along")
    tls_cert: ReadableFile | None = Field(
        None, description="PEM with the certificate and its chain"
    )
    tls_key: ReadableFile | None = Field(None, description="PEM with its private key")
    tls_port: int = Field(8443, ge=1, le=65535, description="where TLS is spoken")
    tls_redirect: bool = Field(False, description="plain HTTP leads to it")
    mesh_cert_file: Path | None = Field(None, description="as of services: Envoy's own, for mTLS")
    mesh_cert_key_file: Path | None = Field(None, description="its private key, PEM")
    mesh_ca_file: Path | None = Field(None, description="the mesh's own authority, PEM")
    hsts_seconds: int = Field(31536000, ge=0, description="how long browsers keep to TLS; 0: not")
    trusted_hops: int = Field(
        0,
        ge=0,
        le=10,
        description="proxies before the door, each of which adds to X-Forwarded-For whom it saw;"
        " above 0 only where nobody comes to the door but by them",
    )

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return tuple(each.strip().rstrip("/").lower() for each in value.split(",") if each.strip())

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            if each != ANY_ORIGIN and not _ORIGIN.fullmatch(each):
                raise ValueError(f"{each} is no origin, such as https://app.example or *")
        return value

    @model_validator(mode="after")
    def _together(self) -> Self:
        if self.cors_credentials and ANY_ORIGIN in self.cors_origins:
            raise ValueError("with STELLR_CORS_CREDENTIALS, STELLR_CORS_ORIGINS must name origins")
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("STELLR_TLS_CERT and STELLR_TLS_KEY belong together")
        if self.tls_redirect and not self.has_tls:
            raise ValueError("STELLR_TLS_REDIRECT needs STELLR_TLS_CERT and STELLR_TLS_KEY")
        given = [bool(file) for file in self.mesh_files]
        if any(given) and not all(given):
            raise ValueError(
                "STELLR_MESH_CERT_FILE, STELLR_MESH_CERT_KEY_FILE and STELLR_MESH_CA_FILE"
                " belong together"
            )
        if self.tls_cert is not None and self.tls_key is not None:
            try:
                check_certificate(self.tls_cert, self.tls_key)
            except ValueError as error:
                raise ValueError(f"STELLR_TLS_CERT, STELLR_TLS_KEY: {error}") from None
        return self

    @property
    def mesh_files(self) -> tuple[Path | None, Path | None, Path | None]:
        """What Envoy speaks mTLS to services with: certificate, key and authority, or nothing."""
        return self.mesh_cert_file, self.mesh_cert_key_file, self.mesh_ca_file

    @property
    def has_tls(self) -> bool:
        """Whether there is a listener that speaks TLS."""
        return self.tls_cert is not None


def check_certificate(cert: Path, key: Path) -> None:
    """ValueError unless the files hold a certificate and its key, which asks for no password."""
    try:
        # Without a password: ssl would ask the terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key, password="")
    except ssl.SSLError as error:
        raise ValueError(f"{cert} and {key} are no certificate and its key: {error}") from error
    except OSError as error:
        raise ValueError(f"{cert} and {key} cannot be read: {error.strerror}") from error


def door_settings() -> DoorSettings:
    """What is set; ValueError with a line for each that cannot be."""
    return read_settings(DoorSettings)
