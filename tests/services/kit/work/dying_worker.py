"""A job worker that dies at its work: `python -m tests.services.kit.work.dying_worker`.

With `quick` it soon takes over what another left that died.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from services.kit.process.runtime import Runtime
from services.kit.process.settings import Settings
from services.kit.work import worker as workers


def mark(*, path: str) -> None:
    """Write down that the work began, and never end it."""
    Path(path).touch()
    time.sleep(60)


def die() -> None:
    """End the process as the system does that has no memory left."""
    os.kill(os.getpid(), signal.SIGKILL)


def be_quick() -> None:
    """Take over at once what a dead worker left."""
    workers.BEAT_SECONDS, workers.DEAD_SECONDS, workers.DEATH_PAUSE_SECONDS = 0.1, 0.4, 0.2


def main() -> None:
    """Work until killed."""
    if "quick" in sys.argv:
        be_quick()
    runtime = Runtime("user", Settings(), has_database=True)
    runtime.jobs.task("mark", mark)
    runtime.jobs.task("die", die)
    runtime.supervisor.start()
    runtime.supervisor.add("jobs", runtime.jobs.work)
    time.sleep(60)


if __name__ == "__main__":
    main()
