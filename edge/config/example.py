"""The file .env.example, written from the settings that exist."""

from __future__ import annotations

from itertools import groupby

from edge.config.catalogue import Setting, settings

HEAD = """\
# Every setting, with its default. Copy this file to .env and take the # from what you change.
# What is set in the environment goes before it. Made by: stellr config --example > .env.example
"""


def text() -> str:
    """The whole file; secrets are empty, and nothing in it is in force."""
    parts = [HEAD]
    for section, own in groupby(settings(), key=lambda each: each.section):
        parts += [f"\n# --- {section}\n", *map(_lines, own)]
    return "".join(parts)


def _lines(setting: Setting) -> str:
    value = f'"{setting.default}"' if " " in setting.default else setting.default
    return f"\n# {setting.about}\n#{setting.name}={value}\n"
