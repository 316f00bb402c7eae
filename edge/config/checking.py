"""What is wrong with the settings, before anything is started with them."""

from __future__ import annotations

import difflib
import os
from collections.abc import Collection, Iterable

from edge.config import catalogue
from services.kit.process.settings import PREFIX, read_settings, told_database_url


def problems() -> list[str]:
    """A line for each setting that is wrong: its name, what is wrong, what is expected."""
    found: list[str] = []
    for kind in catalogue.KINDS.values():
        try:
            read_settings(kind)
        except ValueError as error:
            found += str(error).splitlines()
    for setting in catalogue.databases():
        try:
            told_database_url(setting.name, os.environ)
        except ValueError as error:
            found.append(str(error))
    return list(dict.fromkeys(found))


def unknown(names: Iterable[str]) -> list[str]:
    """A line for each name that begins as a setting does and is none, with the nearest one.

    Imports all services.
    """
    return _strangers(names, {setting.name for setting in catalogue.settings()})


def unknown_to_service(names: Iterable[str]) -> list[str]:
    """The same for a process of one service, which imports no other: it takes limits on trust."""
    known = {setting.name for setting in catalogue.declared()}
    listed = [name for name in names if not name.startswith(catalogue.FAMILIES)]
    return _strangers(listed, known)


def _strangers(names: Iterable[str], known: Collection[str]) -> list[str]:
    return [
        _stranger(name, known)
        for name in sorted(names)
        if name.startswith(PREFIX) and name not in known
    ]


def _stranger(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.75)
    hint = f" Did you mean {near[0]}?" if near else ""
    return f"{name} is no setting of Stellr.{hint}"
