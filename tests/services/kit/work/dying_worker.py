"""A job worker that dies at its work: `python -m tests.services.kit.work.dying_worker`."""

from __future__ import annotations

import time
from pathlib import Path

from services.kit.process.runtime import Runtime
from services.kit.process.settings import Settings


def mark(*, path: str) -> None:
    """Write down that the work began, and never end it."""
    Path(path).touch()
    time.sleep(60)


def main() -> None:
    """Work until killed."""
    runtime = Runtime("user", Settings(), has_database=True)
    runtime.jobs.task("mark", mark)
    runtime.supervisor.start()
    runtime.supervisor.add("jobs", runtime.jobs.work)
    time.sleep(60)


if __name__ == "__main__":
    main()
