"""A process that dies at its periodic work: `python -m tests.services.kit.work.dying_periodic`."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from services.kit.data.database import Database
from services.kit.metrics import Metrics
from services.kit.work.periodic import Periodic, start_periodic
from services.kit.work.supervisor import Supervisor


def mark() -> None:
    """Write down that the work began, and never end it."""
    Path(sys.argv[1]).touch()
    time.sleep(60)


def main() -> None:
    """Work until killed."""
    metrics = Metrics("user", "2")
    supervisor = Supervisor(metrics)
    supervisor.start()
    database = Database(os.environ["STELLR_DATABASE_URL"], 2)
    start_periodic(supervisor, database, metrics, [Periodic("mark", 3600, mark)])
    time.sleep(60)


if __name__ == "__main__":
    main()
