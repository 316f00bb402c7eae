"""A job worker that dies at its work: `python -m tests.services.kit.worker MARK`."""

from __future__ import annotations

import time
from pathlib import Path

from services.kit.process.runtime import Runtime
from services.kit.process.service import Service
from services.kit.process.settings import Settings
from services.kit.work.jobs import Tasks

TASKS = Tasks()


@TASKS.task
def mark(runtime: Runtime, *, path: str) -> None:
    """Write down that the work began; in the dying worker never end it."""
    with Path(path).open("a") as file:
        file.write("begun\n")
    time.sleep(60)


def main() -> None:
    """Work until killed."""
    service = Service("user", lambda _: [], migrations="made by the fixture", tasks=TASKS)
    Runtime(service, Settings()).jobs.start()
    time.sleep(60)


if __name__ == "__main__":
    main()
