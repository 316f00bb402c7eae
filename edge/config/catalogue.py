"""Every setting there is: its name, its default, what it is. All from where they are declared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from google.protobuf import descriptor_pool
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from edge import registry
from edge.envoy.settings import DoorSettings
from edge.local.settings import LauncherSettings
from services.auth.settings import AuthSettings
from services.gateway.settings import GatewaySettings
from services.kit.process.settings import (
    DATABASE_PREFIX,
    GOOGLE_ACCOUNT,
    LIMIT_PREFIX,
    PREFIX,
    SECRETS_DIR,
    OwnSettings,
    Settings,
    database_setting,
    is_secret,
)
from services.media.settings import MediaSettings
from services.notification.settings import NotificationSettings
from services.progress.settings import ProgressSettings

LAUNCHER = "the stellr command"
DOOR = "the public door"
EVERY_SERVICE = "every service"
ALONE = "a service that runs by itself (stellr serve); stellr up tells its own"
DATABASES = "databases that migrate, backup and restore are about; without them those of the state"
LIMITS = "limits: how many are allowed"
# Those of a domain stand under its name.
KINDS: Mapping[str, type[OwnSettings]] = {
    LAUNCHER: LauncherSettings,
    EVERY_SERVICE: Settings,
    DOOR: DoorSettings,
    "auth": AuthSettings,
    "notification": NotificationSettings,
    "progress": ProgressSettings,
    "media": MediaSettings,
    "gateway": GatewaySettings,
}
# What `stellr up` decides for each process, whatever is set.
TOLD = frozenset(
    f"{PREFIX}{name}"
    for name in (
        "DATABASE_URL",
        "ENVOY_ADMIN",
        "KEY_FILE",
        "LISTEN",
        "LISTEN_DATABASE_URL",
        "MESH_KEYS_FILE",
        "HEALTH_LISTEN",
        "MESH_CA_FILE",
        "MESH_CERT_FILE",
        "MESH_CERT_KEY_FILE",
        "POOL_SIZE",
        "SECRET_FILE",
        "SHARED_SECRET_FILE",
        "WORKER",
    )
)
TARGET_PREFIX = f"{PREFIX}TARGET_"
# Their names go on with that of a service or of a limit.
FAMILIES = (LIMIT_PREFIX, TARGET_PREFIX, DATABASE_PREFIX)
_BUDGETS = (
    "budgets",
    "failures",
    "mail_budgets",
    "password_change",
    "password_login",
    "text_messages",
)
_WINDOWS = {60.0: "times a minute", 3600.0: "times an hour", 86400.0: "times a day"}


@dataclass(frozen=True)
class Setting:
    """One setting. `default` is what it is where nobody sets it, as it would be written."""

    name: str
    default: str
    about: str
    section: str
    secret: bool = False


@cache
def settings() -> tuple[Setting, ...]:
    """Every setting, by section. Imports all services: limits stand where they are counted."""
    found: dict[str, Setting] = {}
    for each in (*declared(), *_alone(), *databases(), *_limits()):
        found.setdefault(each.name, each)
    order = [*KINDS, ALONE, DATABASES, LIMITS]
    return tuple(sorted(found.values(), key=lambda each: order.index(each.section)))


def declared() -> Iterator[Setting]:
    """Those that are fields of a class, and the few that are read elsewhere."""
    yield from _elsewhere()
    for section, kind in KINDS.items():
        for name, field in kind.model_fields.items():
            full = f"{PREFIX}{name.upper()}"
            yield Setting(
                name=full,
                default=_written(field),
                about=field.description or "",
                section=ALONE if full in TOLD else section,
                secret=is_secret(field),
            )


def _written(field: FieldInfo) -> str:
    value: Any = field.default
    if value is None or is_secret(field):
        return value if isinstance(value, str) else ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join(value)
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _elsewhere() -> Iterator[Setting]:
    """What is read by libraries, or by one command alone."""
    about = "file of the account that STELLR_GCS_BUCKET is used by"
    yield Setting(GOOGLE_ACCOUNT, "", about, "media")
    about = "the academy that stellr mcp is about; empty: the running stack"
    yield Setting(f"{PREFIX}URL", "", about, LAUNCHER)
    about = "access token of stellr mcp, where nobody can sign in"
    yield Setting(f"{PREFIX}TOKEN", "", about, LAUNCHER, secret=True)
    about = "folder where a setting may be a file of its name, in lower case"
    yield Setting(SECRETS_DIR, "", about, ALONE)


def _alone() -> Iterator[Setting]:
    for name in registry.SERVICES:
        about = f"host:port of each process of {name}, by commas"
        yield Setting(f"{TARGET_PREFIX}{name.upper()}", "", about, ALONE)


def databases() -> Iterator[Setting]:
    """Those that name a database to commands that are about several."""
    for name in filter(registry.has_database, registry.SERVICES):
        about = f"PostgreSQL URL of {name}'s database"
        yield Setting(database_setting(name), "", about, DATABASES, secret=True)
    about = "who may make roles and databases: for migrate --create"
    yield Setting(f"{PREFIX}DATABASE_ADMIN_URL", "", about, DATABASES, secret=True)


def _limits() -> Iterator[Setting]:
    for name, most, window in sorted({*_in_contracts(), *_in_budgets()}):
        yield Setting(f"{LIMIT_PREFIX}{name.upper()}", str(most), window, LIMITS)


def _in_contracts() -> Iterator[tuple[str, int, str]]:
    from services.kit.rpc.policy import limits_of  # noqa: PLC0415  the contracts are heavy

    pool: Any = descriptor_pool.Default()
    for name in _services_of_contracts():
        for limit in limits_of(pool.FindServiceByName(name)).values():
            yield limit.name, limit.per_minute, "calls a minute"


def _services_of_contracts() -> Iterable[str]:
    from edge.envoy.render import contracts  # noqa: PLC0415

    registry.load_all()
    for file in contracts().file:
        if file.package.startswith("stellr."):
            import_module(file.name.removesuffix(".proto").replace("/", ".") + "_pb2")
            yield from (f"{file.package}.{each.name}" for each in file.service)


def _in_budgets() -> Iterator[tuple[str, int, str]]:
    from services.auth.budgets import Budget  # noqa: PLC0415

    for module in _BUDGETS:
        for value in vars(import_module(f"services.auth.{module}")).values():
            if isinstance(value, Budget):
                yield value.name, value.most, _WINDOWS[value.window.total_seconds()]
