"""What the person at the terminal is told."""

import contextlib
import io
import os
import sys

ERASE_LINE = "\r\x1b[2K"


def have_standard_streams() -> None:
    """Have all three lead somewhere, and the two of output take any text.

    What was closed by who started this process is /dev/null; what the terminal has no character
    for is escaped.
    """
    for name, number in (("stdin", 0), ("stdout", 1), ("stderr", 2)):
        try:
            os.fstat(number)
        except OSError:
            # It takes the lowest number that is free, which is this one.
            os.open(os.devnull, os.O_RDWR)
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, "w" if number else "r", closefd=False))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


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
