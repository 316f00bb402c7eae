"""Where what is set comes from: the environment, the .env file, a file of its name in the folder
STELLR_SECRETS_DIR, or nowhere (the default)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from edge.config.catalogue import Setting
from edge.config.env_file import FILE
from edge.envoy.settings import DoorSettings
from edge.local.ports import public_url
from edge.local.settings import LauncherSettings
from services.kit.process.settings import PREFIX, read_settings, told

DEFAULT = "default"
HIDDEN = "(hidden)"
PUBLIC_URL = f"{PREFIX}PUBLIC_URL"


@dataclass(frozen=True)
class Found:
    """A setting, what it is now, and where that comes from: default, .env, environment or file."""

    setting: Setting
    value: str
    source: str

    @property
    def shown(self) -> str:
        """The value for everybody's eyes: neither a secret nor an address with a password."""
        if self.source == DEFAULT:
            return self.value
        secret = self.setting.secret or _has_user(self.value)
        return HIDDEN if secret and self.value else self.value


def find(setting: Setting, environ: Mapping[str, str], of_file: frozenset[str]) -> Found:
    """What a setting is now; `of_file` are the names that the .env file has set."""
    if setting.name in environ:
        source = FILE if setting.name in of_file else "environment"
        return Found(setting, environ[setting.name], source)
    if value := told(setting.name.removeprefix(PREFIX), environ):
        return Found(setting, value, "file")
    return Found(setting, _default(setting), DEFAULT)


def _default(setting: Setting) -> str:
    """What holds where it is not set; that of the academy's address follows from others."""
    if setting.name != PUBLIC_URL:
        return setting.default
    try:
        own, door = read_settings(LauncherSettings), read_settings(DoorSettings)
    except ValueError:
        # Told among the problems.
        return setting.default
    return public_url(own.host, own.port, door.tls_port if door.has_tls else 0)


def _has_user(value: str) -> bool:
    try:
        return "://" in value and "@" in urlsplit(value).netloc
    except ValueError:
        return True
