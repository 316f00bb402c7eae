"""What the person at the terminal is told."""

import contextlib
import sys

ERASE_LINE = "\r\x1b[2K"


def say(text: str) -> None:
    """One line; a terminal that went away stops nothing."""
    with contextlib.suppress(OSError):
        print(f"{_erase()}{text}", flush=True)


def doing(text: str) -> None:
    """What is being waited for, until the next line takes its place; on a terminal alone."""
    if sys.stdout.isatty():
        with contextlib.suppress(OSError):
            print(f"{ERASE_LINE}  {text} ...", end="", flush=True)


def printable(text: str, keep: str = "") -> str:
    """The text without what would steer a terminal, or turn lines around, but for `keep`."""
    return "".join(
        each if each.isprintable() or each in keep else "\N{REPLACEMENT CHARACTER}" for each in text
    )


def _erase() -> str:
    return ERASE_LINE if sys.stdout.isatty() else ""
