import subprocess
import sys
from pathlib import Path

from tests.support import ROOT

LOGGING = """
import os, structlog
from services.kit.telemetry import configure_logs
configure_logs("course", "INFO")
for number in range(100):
    structlog.get_logger().info("line", number=number, text="x" * 1000)
os.write(1, b"alive")
os._exit(0)
"""


def test_a_full_disk_below_the_log_stops_no_work() -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-c", LOGGING]
        done = subprocess.run(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=full, timeout=30, check=False
        )
    assert (done.returncode, done.stdout) == (0, b"alive")
