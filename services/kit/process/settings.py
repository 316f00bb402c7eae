"""Settings of a service process, from the environment (STELLR_...) and a .env file."""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
)

from services.kit.rpc.mesh_tls import MeshTls
from services.kit.urls import check_database_url, parts_of

PREFIX = "STELLR_"
_COLLECTOR = re.compile(r"http://[a-z0-9]([a-z0-9.-]*[a-z0-9])?:[0-9]{1,5}/?", re.ASCII | re.I)
LOG_LEVELS = "DEBUG, INFO, WARNING or ERROR"
# With TLS, and of several servers (limits' storage.storage_from_string).
COUNTERS = ("memory://", "redis://", "rediss://", "redis+sentinel://", "redis+cluster://")
LIMIT_PREFIX = f"{PREFIX}LIMIT_"
# What is wrong with a value, by pydantic's name for it; the others say it well enough.
_WRONG = {
    "int_parsing": "is no whole number",
    "float_parsing": "is no number",
    "bool_parsing": "is neither true nor false",
    "greater_than": "is not above {gt}",
    "greater_than_equal": "is below {ge}",
    "less_than_equal": "is above {le}",
}
NEEDED_FILES = ("key_file", "mesh_keys_file", "secret_file")
FILES = (
    *NEEDED_FILES,
    "shared_secret_file",
    "mesh_cert_file",
    "mesh_cert_key_file",
    "mesh_ca_file",
)
# Of Google's libraries, which ask the machine's own account where it is not set.
GOOGLE_ACCOUNT = "GOOGLE_APPLICATION_CREDENTIALS"
DATABASE_PREFIX = f"{PREFIX}DATABASE_URL_"
# The folder of settings that are files, as orchestrators hand out secrets: each has the name of
# its setting, in lower case.
SECRETS_DIR = f"{PREFIX}SECRETS_DIR"


def told(name: str, environ: Mapping[str, str]) -> str:
    """What STELLR_<name> says, in the environment or as a file of that folder; empty where nothing
    does. For settings whose names are known at run time alone."""
    value = environ.get(f"{PREFIX}{name}", "")
    file = Path(environ.get(SECRETS_DIR, "")) / f"{PREFIX}{name}".lower()
    if value or not environ.get(SECRETS_DIR) or not file.is_file():
        return value
    return file.read_text().strip()


def database_setting(service: str) -> str:
    """The setting that names the database of a service to commands that are about several."""
    return f"{DATABASE_PREFIX}{service.upper()}"


def told_database_url(setting: str, environ: Mapping[str, str]) -> str:
    """The same of a setting (its whole name) that is the URL of a database.

    ValueError where it is none: the name and what is wrong, and nothing of the URL.
    """
    url = told(setting.removeprefix(PREFIX), environ)
    try:
        if url:
            check_database_url(url)
    except ValueError as error:
        raise ValueError(f"{setting}: {error}") from None
    return url


def file_fault(file: Path) -> str:
    """Why a file cannot be read; empty where it can."""
    if file.is_file() and os.access(file, os.R_OK):
        return ""
    return f"there is no file {str(file)!r} that can be read"


def readable(file: Path) -> Path:
    """The same file; ValueError where there is none that can be read."""
    if fault := file_fault(file):
        raise ValueError(fault)
    return file


ReadableFile = Annotated[Path, AfterValidator(readable)]


class OwnSettings(BaseSettings):
    """Settings of a domain or of the kit. Every field is STELLR_<FIELD> in capitals."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=".env", extra="ignore")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Where settings are looked for, in this order; the folder as the environment says now."""
        folder = os.environ.get(SECRETS_DIR, "")
        files = SecretsSettingsSource(settings_cls, folder if os.path.isdir(folder) else None)
        return init_settings, env_settings, dotenv_settings, files

    # Of a file it would be the working directory.
    @field_validator("*", mode="before")
    @classmethod
    def _empty_is_none(cls, value: Any, info: ValidationInfo) -> Any:
        may_be_none = cls.model_fields[str(info.field_name)].default is None
        return None if may_be_none and value == "" else value

    def check(self) -> None:
        """What a type cannot say; ValueError names the setting that is wrong."""


Kind = TypeVar("Kind", bound=OwnSettings)


def read_settings(kind: type[Kind]) -> Kind:
    """The settings of a kind as they are set.

    ValueError has a line for each one that is wrong: its name, what is wrong, and what it is; the
    value only where it is no secret.
    """
    try:
        found = kind()
    except ValidationError as error:
        lines = [_sentence(kind, each) for each in error.errors(include_url=False)]
        raise ValueError("\n".join(lines)) from None
    found.check()
    return found


def is_secret(field: FieldInfo) -> bool:
    """Whether the value of a setting may be shown to nobody."""
    return field.repr is False or field.annotation is SecretStr


def _sentence(kind: type[OwnSettings], error: ErrorDetails) -> str:
    said = error["msg"].removeprefix("Value error, ")
    if not error["loc"]:
        return said
    name = str(error["loc"][0])
    field = kind.model_fields[name]
    value = "the value" if is_secret(field) else repr(error["input"])
    wrong = _WRONG.get(error["type"], "").format(**error.get("ctx", {}))
    told = f"{value} {wrong}" if wrong else said
    return f"{PREFIX}{name.upper()}: {told} ({field.description})"


class TraceSettings(OwnSettings):
    """Where traces go. What begins them is the public door; services go on with those recorded."""

    otlp_endpoint: str = Field(
        "",
        description="http://host:port of a collector (OTLP over gRPC); empty: no traces",
    )
    trace_ratio: float = Field(
        1.0, ge=0, le=1, description="how many of the requests that come in no trace are recorded"
    )

    @field_validator("otlp_endpoint")
    @classmethod
    def _is_collector(cls, value: str) -> str:
        if value and not _COLLECTOR.fullmatch(value):
            raise ValueError("not the http://host:port of a collector (OTLP over gRPC)")
        return value.rstrip("/")


class Settings(TraceSettings):
    """What every service process is told from outside."""

    listen: str = Field("127.0.0.1:0", description="host:port of the gRPC server")
    database_url: str = Field(
        "", repr=False, description="PostgreSQL URL of the service's own database"
    )
    listen_database_url: str = Field(
        "",
        repr=False,
        description="the same database without the pooler that STELLR_DATABASE_URL names (of"
        " transactions, as PgBouncer); empty: there is none",
    )
    pool_size: int = Field(10, ge=1, description="connections at most, besides the two that listen")
    threads: int = Field(16, ge=1, description="RPCs handled at once, those that wait included")
    waiting_calls: int = Field(1024, ge=1, description="RPCs that wait for a thread; more: refused")
    state: Path = Field(Path(".stellr"), description="folder for outbox/, media/ and keys/")
    gcs_bucket: str = Field("", description="bucket of Google Cloud Storage; empty: no such")
    public_url: str = Field("http://127.0.0.1:8080", description="where browsers find the academy")
    key_file: Path | None = Field(None, description="P-256 key of the service, PEM")
    mesh_keys_file: Path | None = Field(None, description="public keys of all services, JWKS")
    secret_file: Path | None = Field(None, description="32 random bytes, base64url")
    shared_secret_file: Path | None = Field(
        None, description="the same of those that sign for one another; none: secret_file"
    )
    mesh_cert_file: Path | None = Field(
        None, description="certificate of the service for mTLS, PEM; none: TLS is not spoken"
    )
    mesh_cert_key_file: Path | None = Field(None, description="its private key, PEM")
    mesh_ca_file: Path | None = Field(None, description="the mesh's own authority, PEM")
    health_listen: str = Field(
        "", description="host:port where GET /health is answered in plain HTTP; empty: nowhere"
    )
    rate_limits: str = Field(
        "memory://", repr=False, description="where counts are kept: memory:// or redis://"
    )
    worker: str = Field(
        "", description="name among the processes of its service, in metrics; empty: host and pid"
    )
    log_level: str = Field("INFO", description=LOG_LEVELS)
    log_format: Literal["auto", "json", "console"] = Field(
        "auto", description="of logs: json, console (for people), or auto: console on a terminal"
    )

    # Not in `check`, which is not reached where another is wrong: all are told at once.
    @field_validator("log_level")
    @classmethod
    def _is_level(cls, value: str) -> str:
        if value.upper() not in logging.getLevelNamesMapping():
            raise ValueError(f"{value!r} is no level")
        return value

    @field_validator("database_url", "listen_database_url")
    @classmethod
    def _is_database(cls, value: str) -> str:
        if value:
            check_database_url(value)
        return value

    @field_validator("rate_limits")
    @classmethod
    def _is_counter(cls, value: str) -> str:
        if not value.startswith(COUNTERS):
            raise ValueError("must be memory:// or redis://host")
        return value

    @field_validator("public_url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        found = parts_of(value)
        if found is None or found.scheme not in ("http", "https") or not found.hostname:
            raise ValueError(f"{value!r} is no address, such as https://a.example")
        # Paths are put after it, also in what is signed.
        return value.rstrip("/")

    @cached_property
    def environ(self) -> dict[str, str]:
        """The environment as it was when the process began, for settings named at run time."""
        return dict(os.environ)

    def target(self, service: str) -> str:
        """host:port[,host:port...] of a service's processes; ValueError where it is not set."""
        value = self._target(service)
        if not value:
            raise ValueError(f"{PREFIX}TARGET_{service.upper()} is not set")
        return value

    def _target(self, service: str) -> str:
        return self.environ.get(f"{PREFIX}TARGET_{service.upper()}", "")

    def limit(self, name: str, default: int) -> int:
        """Calls a minute of the rate limit `name`: STELLR_LIMIT_<NAME>, or the default."""
        return int(self.environ.get(f"{LIMIT_PREFIX}{name.upper()}", default))

    def check(self) -> None:
        """ValueError names a limit that is no number, or what else cannot be."""
        account = self.environ.get(GOOGLE_ACCOUNT)
        if self.gcs_bucket and account and (fault := file_fault(Path(account))):
            raise ValueError(f"{GOOGLE_ACCOUNT}: {fault}")
        folder = self.environ.get(SECRETS_DIR)
        if folder and not os.path.isdir(folder):
            raise ValueError(f"{SECRETS_DIR}: {folder!r} is no directory")
        for name, value in self.environ.items():
            if name.startswith(LIMIT_PREFIX) and not (value.isascii() and value.isdecimal()):
                raise ValueError(f"{name}: {value!r} is no whole number (calls that are allowed)")

    def require(self, targets: Iterable[str], *, database: bool) -> None:
        """ValueError has a line for each setting that a service needs and that is not set, or that
        names no file that can be read. `targets` are the services that it must find."""
        wrong = [f"{PREFIX}{name.upper()} is not set" for name in self._unset(targets, database)]
        wrong += [
            f"{PREFIX}{name.upper()}: {fault}"
            for name in FILES
            if (file := getattr(self, name)) and (fault := file_fault(file))
        ]
        if wrong:
            raise ValueError("\n".join(wrong))

    def _unset(self, targets: Iterable[str], database: bool) -> Iterator[str]:
        if database and not self.database_url:
            yield "database_url"
        yield from (name for name in NEEDED_FILES if not getattr(self, name))
        yield from (f"target_{each}" for each in sorted(targets) if not self._target(each))

    def mesh_tls(self) -> MeshTls | None:
        """What TLS is spoken with in the mesh, or None; ValueError where a file is missing."""
        files = [self.mesh_cert_file, self.mesh_cert_key_file, self.mesh_ca_file]
        given = [file for file in files if file]
        if not given:
            return None
        if len(given) < len(files):
            raise ValueError(
                "STELLR_MESH_CERT_FILE, STELLR_MESH_CERT_KEY_FILE and STELLR_MESH_CA_FILE"
                " belong together"
            )
        return MeshTls(*given)

    def mesh_keys(self) -> Mapping[str, Any]:
        """The JWKS of the mesh; ValueError where it is not set."""
        if self.mesh_keys_file is None:
            raise ValueError("STELLR_MESH_KEYS_FILE is not set")
        keys: Mapping[str, Any] = json.loads(self.mesh_keys_file.read_text())
        return keys
