"""Where what is set comes from: the environment, the .env file, or nowhere (the default)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from edge.config.catalogue import Setting
from edge.config.env_file import FILE

DEFAULT = "default"
HIDDEN = "(hidden)"


@dataclass(frozen=True)
class Found:
    """A setting, what it is now, and where that comes from: default, .env or environment."""

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
    if setting.name not in environ:
        return Found(setting, setting.default, DEFAULT)
    source = FILE if setting.name in of_file else "environment"
    return Found(setting, environ[setting.name], source)


def _has_user(value: str) -> bool:
    try:
        return "://" in value and "@" in urlsplit(value).netloc
    except ValueError:
        return True
