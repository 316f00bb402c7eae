"""How a command has a process of the academy end in good order."""

from __future__ import annotations

import os
import signal

import click


def tell_to_end(pid: int) -> None:
    """SIGTERM, which asks it to finish what it has begun; one that is gone already is well.

    Raises click.ClickException where the process is another user's.
    """
    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        return
    except PermissionError as error:
        raise click.ClickException(f"Stellr (pid {pid}) is another user's.") from error
