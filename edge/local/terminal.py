"""What the person at the terminal is told."""

import contextlib


def say(text: str) -> None:
    """One line; a terminal that went away stops nothing."""
    with contextlib.suppress(OSError):
        print(text, flush=True)
